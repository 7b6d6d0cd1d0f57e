"""Timeline S08: somebody else's prescription, told of the day before a session."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    AcceptMedication,
    ApproveDosing,
    RecordAdministration,
    RecordMedications,
    RecordWeight,
    ScheduleSession,
    StopMedication,
)
from schemas.facts import ApprovalSuspended, MessageRequested, WashoutPassed
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus, Setting
from schemas.work import WorkKind
from tests.rules.arrivals import approval_of, ready
from tests.support.course import Course, of_kind
from tests.support.people import PATHWAY_ID, TEAM, an_enrolment
from workflows.rules.deadlines import still_wanted
from workflows.rules.gate import gate

APPROVED = datetime(2026, 9, 1, 16, 0, tzinfo=UTC)
SESSION = datetime(2026, 9, 16, 14, 0, tzinfo=UTC)
TOLD = datetime(2026, 9, 15, 20, 0, tzinfo=UTC)
LAST_DOSE = datetime(2026, 9, 18, 12, 0, tzinfo=UTC)
OVER = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)
PLAN = "Blood pressure every ten minutes."


def booked() -> Course:
    """A1 in force, and a session the next day."""
    course = Course(an_enrolment(setting=Setting.HOME, zone="America/New_York"), now=APPROVED - timedelta(days=1))
    course.to_phase(Phase.SESSION)
    course.wait_until(SESSION - timedelta(days=8))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=SESSION, setting=Setting.HOME)
    return course


def told(name: str = "Nardil") -> Course:
    course = booked()
    course.wait_until(TOLD)
    course.must(RecordMedications, Role.PATIENT, names=("Zoloft 50 mg", name))
    return course


def failed(course: Course) -> set[str]:
    return {check.name for check in gate(course.state, course.now) if not check.passed}


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


@pytest.mark.parametrize("name", ["Nardil", "NARDIL 15mg", "phenelzine", "Nardill"])
def test_the_approval_is_suspended_the_moment_it_is_told(name: str) -> None:
    course = told(name)
    (suspended,) = course.facts(ApprovalSuspended)
    assert suspended.approval_id == approval_of(course).id
    assert approval_of(course).status is ApprovalStatus.SUSPENDED
    assert {"medications_decided", "approval_unsuspended"} <= failed(course)
    (work,) = [item for item in course.state.work if item.kind is WorkKind.DECIDE_MEDICATION]
    assert (work.owner_id, work.due_at) == (TEAM.physician_id, TOLD + timedelta(hours=2))


def test_everybody_is_told_to_wait_and_nobody_to_get_ready() -> None:
    course = told()
    told_of_hold = [m.message for m in course.facts(MessageRequested) if m.message.template is Template.ON_HOLD]
    assert {message.to_id for message in told_of_hold} == {PATHWAY_ID, TEAM.physician_id, TEAM.therapist_id}
    assert all(still_wanted(course.state, message, course.now) for message in told_of_hold)
    reminders = [m.message for m in course.facts(MessageRequested) if m.message.template is Template.SESSION_REMINDER]
    assert not any(still_wanted(course.state, reminder, course.now) for reminder in reminders)
    (reminded,) = reminders
    assert still_wanted(booked().state, reminded, TOLD)


def test_the_reminder_of_a_suspended_session_is_not_even_asked_for() -> None:
    course = booked()
    course.wait_until(SESSION - timedelta(days=2))
    course.must(RecordMedications, Role.PATIENT, names=("Nardil",))
    step = course.wait_until(SESSION - timedelta(hours=1))
    asked = of_kind(step.facts, MessageRequested)
    assert Template.SESSION_REMINDER not in {one.message.template for one in asked}


def test_the_washout_opens_a_review_and_neither_time_nor_the_therapist_lifts_anything() -> None:
    course = told()
    course.wait_until(LAST_DOSE + timedelta(hours=1))
    course.must(StopMedication, Role.PATIENT, name="Nardil", last_taken_at=LAST_DOSE)
    course.wait_until(OVER - timedelta(seconds=1))
    assert not course.facts(WashoutPassed)
    assert course.refused(AcceptMedication, Role.PHYSICIAN, name="Nardil", plan=PLAN).code == "washout_not_over"
    course.wait_until(OVER)
    assert len(course.facts(WashoutPassed)) == 1
    assert WorkKind.REVIEW_WASHOUT in kinds(course)
    assert approval_of(course).status is ApprovalStatus.SUSPENDED
    assert course.refused(AcceptMedication, Role.THERAPIST, name="Nardil", plan=PLAN).code == "role_not_allowed"
    asked = an_approval(course.state)
    assert course.refused(ApproveDosing, Role.PHYSICIAN, **asked).code == "washout_undecided"
    course.must(AcceptMedication, Role.PHYSICIAN, name="Nardil", plan=PLAN)
    assert approval_of(course).status is ApprovalStatus.SUSPENDED, "a decision on the medication approves nothing"
    course.must(ApproveDosing, Role.PHYSICIAN, **asked)
    assert approval_of(course).number > 1
    assert not {"medications_decided", "washouts_decided", "approval_unsuspended"} & failed(course)


def test_told_only_on_arrival_it_stops_the_dose_all_the_same() -> None:
    course = ready()
    course.must(RecordMedications, Role.THERAPIST, names=("Parnate",))
    assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "medication_undecided"
    assert approval_of(course).status is ApprovalStatus.SUSPENDED


def test_what_has_no_bearing_on_a_dose_changes_nothing() -> None:
    course = booked()
    course.must(RecordMedications, Role.PATIENT, names=("Zoloft 50 mg", "Lipitor 20 mg", "vitamin D"))
    course.must(RecordWeight, Role.NURSE)
    assert approval_of(course).status is ApprovalStatus.IN_FORCE
