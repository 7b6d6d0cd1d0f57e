"""An emergency ends drug and approval, reaches people within minutes, and is looked at before the next dose."""

from datetime import timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import (
    AcknowledgeEmergency,
    ApproveDosing,
    CloseEmergency,
    DeclareEmergency,
    RecordAdministration,
    RecordAdverseEvent,
    RecordFollowUp,
    RecordMedications,
    RecordVitals,
    ReviewAdverseEvent,
    ReviewIncident,
)
from schemas.facts import AdverseEventRecorded, MessageRequested, WorkItemOverdue
from schemas.messages import Template
from schemas.monitoring import AdverseEventKind, Symptom
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus
from schemas.work import Priority, WorkItem, WorkKind
from tests.rules import arrivals as a
from tests.support.course import Course, at, of_kind
from tests.support.protocols import given, packaged
from workflows.rules.gate import gate

EVENTS = given(packaged().monitoring).adverse_events
MINUTES = timedelta(minutes=1)


def over(course: Course) -> Course:
    course.must(AcknowledgeEmergency, Role.PHYSICIAN)
    course.must(CloseEmergency, Role.PHYSICIAN)
    return course


def codes(course: Course) -> set[str]:
    return {check.code for check in gate(course.state, course.now) if not check.passed}


def the(course: Course, kind: WorkKind) -> WorkItem:
    (item,) = [item for item in course.state.work if item.kind is kind]
    return item


def test_an_emergency_declared_by_hand_and_closed_lets_no_booster_go_on() -> None:
    course = a.dosed(1.0)
    course.wait(minutes=8)
    course.must(DeclareEmergency, Role.NURSE)
    over(course).must(ReviewIncident, Role.PHYSICIAN, incident_id="I1")
    course.wait(minutes=7)
    course.must(RecordVitals, Role.NURSE, vitals=a.CALM)
    assert {"further_drug_stopped", "approval_suspended"} <= codes(course)
    assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "further_drug_stopped"


def test_a_seizure_suspends_the_approval_and_its_review_comes_before_the_next() -> None:
    course = a.dosed(1.0)
    course.wait(minutes=10)
    course.must(RecordVitals, Role.NURSE, vitals=a.CALM, symptoms=(Symptom.SEIZURE,))
    assert a.approval_of(course).status is ApprovalStatus.SUSPENDED
    assert a.approval_of(course).suspended_for == ("emergency",)
    over(course)
    assert "incident_unreviewed" in codes(course)


def test_an_approval_given_while_an_incident_is_unreviewed_does_not_stand() -> None:
    course = at(Phase.SESSION)
    course.must(DeclareEmergency, Role.PATIENT)
    over(course)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert a.approval_of(course).status is ApprovalStatus.SUSPENDED
    course.must(ReviewIncident, Role.PHYSICIAN, incident_id="I1")
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert a.approval_of(course).status is ApprovalStatus.IN_FORCE


@pytest.mark.parametrize(("grade", "recorded"), [(2, 1), (3, 1), (4, 4), (5, 5)])
def test_what_threatens_life_is_not_called_mild_because_it_passed(grade: int, recorded: int) -> None:
    course = a.dosed()
    said = {"kind": AdverseEventKind.HYPERTENSION, "symptomatic": False, "resolved_after_min": 30.0}
    course.must(RecordAdverseEvent, Role.NURSE, grade=grade, **said)
    assert [fact.event.grade for fact in course.facts(AdverseEventRecorded)] == [recorded]
    assert (course.state.emergency is not None) is (recorded >= EVENTS.emergency_from_grade.value)


def test_an_emergency_is_told_at_once_and_every_five_minutes_to_the_backup() -> None:
    course = a.dosed()
    step = course.must(DeclareEmergency, Role.PATIENT)
    told = [fact.message for fact in of_kind(step.facts, MessageRequested)]
    first = [one for one in told if one.template is Template.HELP_NEEDED]
    assert {one.to_role for one in first} == {Role.PHYSICIAN, Role.THERAPIST}
    item = the(course, WorkKind.ACKNOWLEDGE_EMERGENCY)
    assert (item.priority, item.due_at - item.opened_at) == (Priority.EMERGENCY, 5 * MINUTES)
    for minutes in (5, 10, 15, 20):
        course.wait_until(item.opened_at + minutes * MINUTES - a.TICK)
        before = len(course.facts(MessageRequested))
        course.wait_until(item.opened_at + minutes * MINUTES)
        late = course.facts(MessageRequested)[before:]
        assert {one.message.to_role for one in late} == {Role.PHYSICIAN, Role.COORDINATOR}
    course.must(AcknowledgeEmergency, Role.PHYSICIAN)
    assert WorkKind.ACKNOWLEDGE_EMERGENCY not in {item.kind for item in course.state.work}


def test_silence_on_what_blocks_a_dose_reaches_the_backup_when_it_is_late() -> None:
    course = at(Phase.SESSION)
    course.must(RecordMedications, Role.PATIENT, names=("Nardil",))
    item = the(course, WorkKind.REVIEW_SUSPENDED_APPROVAL)
    assert item.due_at - item.opened_at == timedelta(hours=2)
    course.wait_until(item.due_at)
    late = [fact for fact in course.facts(WorkItemOverdue) if fact.item_id == item.id]
    told = {fact.message.to_role for fact in course.facts(MessageRequested) if fact.message.about == item.id}
    assert len(late) == 1
    assert Role.COORDINATOR in told
    assert a.approval_of(course).status is ApprovalStatus.SUSPENDED


@pytest.mark.parametrize(("grade", "due"), [(2, timedelta(hours=24)), (3, timedelta(hours=1))])
def test_a_grade_three_event_is_reviewed_within_the_hour(grade: int, due: timedelta) -> None:
    course = at(Phase.SESSION)
    course.must(RecordAdverseEvent, Role.NURSE, kind=AdverseEventKind.FALL, grade=grade)
    assert the(course, WorkKind.REVIEW_ADVERSE_EVENT).due_at - course.now == due


@pytest.mark.parametrize(("grade", "seen_first"), [(2, False), (3, True)])
def test_after_a_grade_three_event_the_patient_is_seen_before_dosing_is_approved_anew(
    grade: int, seen_first: bool
) -> None:
    course = at(Phase.SESSION)
    course.must(RecordFollowUp, Role.PHYSICIAN)
    course.wait(minutes=1)
    course.must(RecordAdverseEvent, Role.NURSE, kind=AdverseEventKind.FALL, grade=grade)
    course.must(ReviewAdverseEvent, Role.PHYSICIAN)
    if seen_first:
        refusal = course.refused(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
        assert refusal.code == "follow_up_missing"
        course.must(RecordFollowUp, Role.PHYSICIAN)
    course.must(ApproveDosing, Role.PHYSICIAN, **an_approval(course.state))
    assert a.approval_of(course).status is ApprovalStatus.IN_FORCE
