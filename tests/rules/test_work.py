"""What humans owe, and what time does about it: it reminds and escalates, and it closes nothing."""

from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from schemas.actors import Role
from schemas.commands import CancelSession, ScheduleSession, WithdrawConsent
from schemas.facts import (
    MessageRequested,
    SessionReminderDue,
    WorkItemClosed,
    WorkItemOpened,
    WorkItemOverdue,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import HIGH, TICK, dosed, measured
from tests.support.course import PHASES, Course, at, of_kind
from tests.support.people import PATHWAY_ID, TEAM, ZONE, an_enrolment
from tests.support.protocols import given as there
from tests.support.protocols import packaged, varied
from workflows.rules.calendar import after_business_time
from workflows.rules.deadlines import due, still_wanted
from workflows.rules.deadlines.session import reminder_at
from workflows.rules.team import holder

LADDER = packaged().ladder
FIRST_OF_PHASE = {
    Phase.REFERRAL: {WorkKind.ACCEPT_REFERRAL},
    Phase.SCREENING: {
        WorkKind.DECIDE_SCREENING,
        WorkKind.RECORD_HEALTH_HISTORY,
        WorkKind.RECORD_MEDICATIONS,
        WorkKind.VERIFY_CREDENTIALS,
    },
    Phase.CONSENT: {WorkKind.RECORD_CONSENT},
    Phase.PREPARATION: {WorkKind.SIGN_PREPARATION_NOTE},
    Phase.APPROVAL: {WorkKind.APPROVE_DOSING},
    Phase.SESSION: {WorkKind.SCHEDULE_SESSION, WorkKind.ACKNOWLEDGE_DOSE_PLAN, WorkKind.READ_DOSE_PLAN},
    Phase.INTEGRATION: {WorkKind.HOLD_INTEGRATION_VISIT},
    Phase.FOLLOW_UP: {WorkKind.RECORD_OUTCOME},
    Phase.CLOSED: set(),
}


def owed(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


def the(course: Course, kind: WorkKind) -> WorkItem:
    (item,) = [item for item in course.state.work if item.kind is kind]
    return item


def messages(course: Course) -> list[MessageRequest]:
    """All but notices that something was recorded."""
    sent = (fact.message for fact in course.facts(MessageRequested))
    return [message for message in sent if message.template is not Template.RECORD_UPDATED]


@pytest.mark.parametrize("phase", [*PHASES, Phase.CLOSED])
def test_every_phase_begins_with_what_moves_it_on(phase: Phase) -> None:
    assert owed(at(phase)) == FIRST_OF_PHASE[phase]


def test_owner_and_due_time_come_from_the_protocol() -> None:
    course = at(Phase.CLOSED)
    opened = [fact.item for fact in course.facts(WorkItemOpened)]
    for item in opened:
        rule = packaged().work[item.kind]
        assert item.owner_role is rule.owner
        assert item.owner_id == (None if item.kind is WorkKind.ACCEPT_REFERRAL else holder(course.state, rule.owner))
        assert item.next_deadline == item.due_at + timedelta(hours=packaged().ladder_of(item.kind).steps_h[0])
    assert len({item.id for item in opened}) == len(opened)
    assert {item.kind for item in opened} >= set().union(*FIRST_OF_PHASE.values())


def test_work_about_an_instant_is_due_from_it() -> None:
    booked = at(Phase.SESSION)
    booked.go_on()
    hold = the(booked, WorkKind.HOLD_SESSION)
    assert hold.due_at == booked.session.starts_at + timedelta(hours=packaged().work[hold.kind].due_h)
    course = dosed()
    ends = course.now + timedelta(minutes=packaged().routes[course.session.doses[0].route].observation_min.value)
    for kind in (WorkKind.DISCHARGE_PATIENT, WorkKind.RECORD_DEBRIEF):
        assert the(course, kind).due_at == ends + timedelta(hours=packaged().work[kind].due_h)


def test_question_to_the_physician_is_owed_while_it_is_open() -> None:
    course = measured(HIGH, HIGH, HIGH)()
    item = the(course, WorkKind.DECIDE_PREDOSE_VITALS)
    assert (item.owner_role, item.owner_id, item.subject) == (Role.PHYSICIAN, TEAM.physician_id, "S1")


def test_work_ends_with_its_reason_by_what_a_human_did() -> None:
    course = at(Phase.SESSION)
    course.go_on()
    course.must(WithdrawConsent, Role.PATIENT)
    suspended = WorkKind.REVIEW_SUSPENDED_APPROVAL
    assert owed(course) == {WorkKind.ASK_CONTINUATION, suspended}


def later(item: WorkItem, start: datetime, span: timedelta) -> datetime:
    """So much later, on business days where they count for the work."""
    if packaged().work[item.kind].business_days:
        return after_business_time(start, span, there(packaged().business_days), ZONE)
    return start + span


@pytest.mark.parametrize("phase", list(PHASES))
def test_ladder(phase: Phase) -> None:
    course = at(phase)
    item, *_ = course.state.work
    steps = [timedelta(hours=hours) for hours in LADDER.steps_h]
    repeat = timedelta(hours=LADDER.repeat_every_h)
    instants = [later(item, item.due_at, step) for step in steps]
    instants += [later(item, instants[-1], repeat), later(item, instants[-1], 2 * repeat)]
    for number, instant in enumerate(instants, start=1):
        before = course.wait_until(instant - TICK)
        assert item.id not in [fact.item_id for fact in of_kind(before.facts, WorkItemOverdue)]
        step = course.wait_until(instant)
        (late,) = [fact for fact in of_kind(step.facts, WorkItemOverdue) if fact.item_id == item.id]
        assert (late.step, late.escalated_to) == (number, packaged().work[item.kind].escalates_to)
        assert late.next_deadline > instant
        current = the(course, item.kind)
        assert (current.steps, current.next_deadline) == (number, late.next_deadline)
    assert course.phase is phase


def test_first_step_tells_the_owner_and_later_ones_also_who_it_escalates_to() -> None:
    course = at(Phase.SCREENING)
    item = the(course, WorkKind.DECIDE_SCREENING)
    told = []
    for hours in LADDER.steps_h:
        step = course.wait_until(item.due_at + timedelta(hours=hours))
        sent = [fact.message for fact in of_kind(step.facts, MessageRequested)]
        told.append([(message.to_role, message.to_id) for message in sent if message.about == item.id])
    owner, above = (Role.PHYSICIAN, TEAM.physician_id), (Role.COORDINATOR, TEAM.coordinator_id)
    assert told == [[owner], [owner, above], [owner, above]]
    assert {message.template for message in messages(course)} == {Template.WORK_OVERDUE}


def test_nobody_is_told_before_there_is_a_team() -> None:
    course = Course()
    course.wait(days=30)
    assert messages(course) == []
    assert the(course, WorkKind.ACCEPT_REFERRAL).steps > len(LADDER.steps_h)


def test_steps_missed_in_an_outage_are_one_reminder() -> None:
    course = at(Phase.SCREENING)
    step = course.outage(days=365)
    assert len(of_kind(step.facts, WorkItemOverdue)) == len(course.state.work)
    assert the(course, WorkKind.DECIDE_SCREENING).next_deadline > course.now
    assert course.lapse().facts == ()


def test_ladder_of_a_single_step_repeats() -> None:
    protocol = varied({"ladder.steps_h": [0], "ladder.repeat_every_h": 5})
    course = Course(an_enrolment(protocol))
    item = the(course, WorkKind.ACCEPT_REFERRAL)
    course.wait_until(item.due_at)
    assert the(course, item.kind).next_deadline == item.due_at + timedelta(hours=5)


def test_ladder_without_a_step_is_no_protocol() -> None:
    with pytest.raises(ValidationError, match="steps_h"):
        varied({"ladder.steps_h": []})


def test_announcements_go_to_whom_the_protocol_names() -> None:
    course = at(Phase.INTEGRATION)
    told = [(message.template, message.to_id) for message in messages(course)]
    assert told == [
        (Template.APPROVAL_REQUESTED, TEAM.physician_id),
        (Template.APPOINTMENT, PATHWAY_ID),
        (Template.APPOINTMENT, TEAM.therapist_id),
        (Template.CHECKLIST_DUE, PATHWAY_ID),
        (Template.SESSION_REMINDER, PATHWAY_ID),
        (Template.FASTING_REMINDER, PATHWAY_ID),
        (Template.INTEGRATION_DUE, TEAM.therapist_id),
        (Template.INTEGRATION_DUE, PATHWAY_ID),
    ]
    drug, window = course.state.last_drug_at, packaged().integration
    assert drug is not None
    assert messages(course)[-1].at == drug + timedelta(hours=window.window_opens_h.value)
    assert messages(course)[-1].until == drug + timedelta(hours=window.window_closes_h.value)


def test_message_ids_are_never_used_twice() -> None:
    course = at(Phase.SESSION)
    course.wait(days=90)
    ids = [fact.message.id for fact in course.facts(MessageRequested)]
    assert len(ids) == len(set(ids)) == course.state.messages_requested


def booked(days: float = 5) -> Course:
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=days))
    return course


def test_session_is_reminded_of_once_and_not_after_it_began() -> None:
    course = booked()
    course.wait_until(reminder_at(course.state, course.session))
    (message,) = [m for m in messages(course) if m.template is Template.SESSION_REMINDER]
    assert (message.at, message.expires_at) == (course.session.starts_at, course.session.starts_at)
    missed = booked(days=5)
    missed.outage(days=5)
    assert len(missed.facts(SessionReminderDue)) == 1
    assert [m for m in messages(missed) if m.template is Template.SESSION_REMINDER] == []


def test_patient_who_withdrew_is_not_reminded() -> None:
    course = booked()
    starts_at = course.session.starts_at
    course.must(WithdrawConsent, Role.PATIENT)
    course.wait_until(starts_at)
    assert [m for m in messages(course) if m.template is Template.SESSION_REMINDER] == []


def test_message_is_wanted_while_its_reason_stands() -> None:
    course = booked()
    course.wait_until(reminder_at(course.state, course.session))
    message = messages(course)[-1]
    assert still_wanted(course.state, message, course.now)
    assert still_wanted(course.state, message, course.session.starts_at - TICK)
    assert not still_wanted(course.state, message, course.session.starts_at)
    moved = course.fork()
    moved.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + timedelta(days=9))
    withdrawn = course.fork()
    withdrawn.must(WithdrawConsent, Role.PATIENT)
    cancelled = course.fork()
    cancelled.must(CancelSession, Role.PATIENT)
    for changed in (moved, withdrawn, cancelled, at(Phase.CLOSED)):
        assert not still_wanted(changed.state, message, course.now)


def test_message_about_work_is_wanted_until_the_work_is_done() -> None:
    course = at(Phase.APPROVAL)
    (message,) = messages(course)
    assert still_wanted(course.state, message, course.now)
    course.go_on()
    assert not still_wanted(course.state, message, course.now)


@pytest.mark.parametrize("phase", list(PHASES))
def test_time_closes_nothing(phase: Phase) -> None:
    course = at(phase)
    closed = len(course.facts(WorkItemClosed))
    before = {item.id for item in course.state.work}
    for _ in range(40):
        course.wait(days=11)
    assert len(course.facts(WorkItemClosed)) == closed
    assert before <= {item.id for item in course.state.work}


AHEAD = {"session_reminder", "session_day_begins", "fasting_begins", "session_cutoff"}
"""Instants before a session."""


def test_due_instants_come_in_order_with_their_reasons() -> None:
    course = booked()
    ahead = due(course.state)
    assert [one.at for one in ahead] == sorted(one.at for one in ahead)
    own = {"work_overdue", "approval_expires", *AHEAD, "screening_lapses", "credential_ends"}
    assert {one.reason for one in ahead} == own | {"consent_renewal", "consent_expires"}
    visit = due(at(Phase.INTEGRATION).state)
    assert "integration_window_closes" in {one.reason for one in visit}
