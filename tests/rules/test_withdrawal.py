"""Leaving the treatment: while drug acts only monitoring goes on; afterwards everything is asked one by one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from schemas.actors import Role
from schemas.commands import (
    AcknowledgeWithdrawal,
    ApproveDosing,
    NoteCapacity,
    RecordContinuation,
    SignIntegrationNote,
    WithdrawConsent,
)
from schemas.facts import (
    ContinuationRecorded,
    IntegrationBecameOverdue,
    MessageRequested,
    PreparationVoided,
    SessionCancelled,
)
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus, Setting
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import CONSENTS, booked, dosed, ready, withdrawn_in_session
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given
from workflows.rules.consents.standing import has_left, is_monitoring_only
from workflows.rules.outreach import delivery_rules
from workflows.rules.standing import ASKED_STEP, LEFT_STEP, MONITORED_STEP, next_step
from workflows.rules.status import attention, details_of, status_of

ALL_GO_ON: Final = {"release_of_information": True, "messages": True, "recording": True}


def kinds(course: Course) -> set[WorkKind]:
    return {item.kind for item in course.state.work}


def the(course: Course, kind: WorkKind) -> WorkItem:
    (item,) = [item for item in course.state.work if item.kind is kind]
    return item


def discharged() -> Course:
    """Withdrew while drug acted, and was discharged when it was safe."""
    course = withdrawn_in_session()
    return course.until(lambda it: not it.session.in_progress)


def answered(**changes: Any) -> Course:
    course = discharged()
    course.must(RecordContinuation, Role.COORDINATOR, **{"therapy": True, "goes_on": ALL_GO_ON, **changes})
    return course


REFUSALS = [
    Refused("nothing_withdrawn", None, "taking note of nothing", saying(dosed, AcknowledgeWithdrawal, Role.PHYSICIAN)),
    Refused("nothing_withdrawn", None, "asking too early", saying(dosed, RecordContinuation, Role.COORDINATOR)),
    Refused(
        "already_acknowledged",
        None,
        "taking note of one without drug",
        saying(lambda: left(booked), AcknowledgeWithdrawal, Role.PHYSICIAN),
    ),
    Refused(
        "session_in_progress",
        None,
        "asking while drug acts",
        saying(withdrawn_in_session, RecordContinuation, Role.NURSE),
    ),
    Refused("continuation_known", None, "asking twice", saying(answered, RecordContinuation, Role.COORDINATOR)),
    Refused(
        "continuation_incomplete",
        "goes_on",
        "asking for all at once",
        saying(discharged, RecordContinuation, Role.COORDINATOR, goes_on={}),
    ),
    Refused(
        "continuation_incomplete",
        "goes_on",
        "asking for something else, too",
        saying(discharged, RecordContinuation, Role.COORDINATOR, goes_on={**ALL_GO_ON, "touch": False}),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def left(situation: Callable[[], Course]) -> Course:
    course = situation()
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def test_while_drug_acts_only_monitoring_goes_on() -> None:
    course = withdrawn_in_session()
    assert is_monitoring_only(course.state)
    assert next_step(course.state) == MONITORED_STEP
    assert "**Monitoring only.**" in details_of(course.state)
    assert attention(course.state) == "held"
    session = status_of(course.state, course.now, 0, 0).session
    assert session is not None
    assert session.monitoring_only
    assert WorkKind.RECORD_DEBRIEF not in kinds(course)
    assert {WorkKind.DISCHARGE_PATIENT, WorkKind.ACKNOWLEDGE_WITHDRAWAL} <= kinds(course)
    assert WorkKind.ASK_CONTINUATION not in kinds(course)


def test_a_physician_knows_within_minutes() -> None:
    course = withdrawn_in_session()
    minutes = timedelta(minutes=given(CONSENTS.acknowledge_withdrawal_min).value)
    item = the(course, WorkKind.ACKNOWLEDGE_WITHDRAWAL)
    assert (item.owner_role, item.priority) == (Role.PHYSICIAN, "p1")
    assert item.acknowledge_by == item.next_deadline == course.now + minutes
    (message,) = [m.message for m in course.facts(MessageRequested) if m.message.template is Template.HELP_NEEDED]
    assert message.to_role is Role.PHYSICIAN
    late = course.fork()
    late.wait_until(item.next_deadline)
    assert the(late, WorkKind.ACKNOWLEDGE_WITHDRAWAL).steps == 1, "silence is no acknowledgement"
    course.must(AcknowledgeWithdrawal, Role.PHYSICIAN)
    assert WorkKind.ACKNOWLEDGE_WITHDRAWAL not in kinds(course)
    assert is_monitoring_only(course.state)


def test_what_belongs_to_another_dose_ends_with_a_withdrawal_before_it() -> None:
    course = booked()
    session, cycle = course.session.id, course.state.cycle.number
    course.must(WithdrawConsent, Role.PATIENT)
    assert [fact.session_id for fact in course.facts(SessionCancelled)] == [session]
    assert [fact.cycle for fact in course.facts(PreparationVoided)] == [cycle]
    assert (course.state.cycle.session, course.state.cycle.prepared_at) == (None, None)
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    assert kinds(course) == {WorkKind.ASK_CONTINUATION, WorkKind.REVIEW_SUSPENDED_APPROVAL}
    assert next_step(course.state) == ASKED_STEP
    assert course.state.closure is course.state.ending is None


@pytest.mark.parametrize("phase", [Phase.PREPARATION, Phase.APPROVAL, Phase.SESSION, Phase.INTEGRATION])
def test_nobody_is_asked_to_talk_the_patient_round(phase: Phase) -> None:
    course = left(lambda: at(phase))
    told = len(course.facts(MessageRequested))
    assert WorkKind.RECORD_CONSENT not in kinds(course)
    course.must(RecordContinuation, Role.PATIENT, goes_on=ALL_GO_ON, therapy=False)
    assert WorkKind.DECIDE_AFTER_WITHDRAWAL in kinds(course)
    assert next_step(course.state) == LEFT_STEP
    course.wait(days=60)
    assert WorkKind.RECORD_CONSENT not in kinds(course)
    to_patient = [m.message for m in course.facts(MessageRequested)[told:] if m.message.to_role is Role.PATIENT]
    assert {message.template for message in to_patient} <= {Template.CHECKIN_DUE}, "no reminder of the series"
    assert course.state.closure is None


def test_therapy_goes_on_only_if_the_patient_wants_it() -> None:
    course = discharged()
    assert WorkKind.HOLD_INTEGRATION_VISIT not in kinds(course)
    with_therapy, without = course.fork(), course
    with_therapy.must(RecordContinuation, Role.COORDINATOR, therapy=True, goes_on=ALL_GO_ON)
    assert WorkKind.HOLD_INTEGRATION_VISIT in kinds(with_therapy)
    with_therapy.wait(days=2)
    with_therapy.must(SignIntegrationNote, Role.THERAPIST)
    assert (with_therapy.state.cycle.number, with_therapy.phase) == (2, Phase.CONSENT)
    without.must(RecordContinuation, Role.COORDINATOR, therapy=False, goes_on=ALL_GO_ON)
    assert (without.state.cycle.number, without.phase) == (2, Phase.CONSENT)
    without.wait(days=10)
    assert WorkKind.HOLD_INTEGRATION_VISIT not in kinds(without)
    assert without.facts(IntegrationBecameOverdue) == []


def test_unasked_no_integration_is_owed_and_nothing_is_revoked() -> None:
    course = withdrawn_in_session()
    course.until(lambda it: not it.session.in_progress)
    course.wait(days=9)
    assert WorkKind.ASK_CONTINUATION in kinds(course)
    assert course.facts(IntegrationBecameOverdue) == []
    assert course.facts(ContinuationRecorded) == []
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert course.state.cycle.number == 2, "whoever comes is welcome"


@pytest.mark.parametrize("goes_on", [True, False])
def test_each_other_consent_goes_on_or_ends_by_its_own_answer(goes_on: bool) -> None:
    course = ready().consent("recording", "messages")
    course.go_on()
    course.wait(minutes=10)
    course.must(WithdrawConsent, Role.PATIENT)
    course.until(lambda it: not it.session.in_progress)
    assert course.state.consents["recording"].is_active
    course.must(RecordContinuation, Role.PATIENT, goes_on={**ALL_GO_ON, "recording": goes_on})
    assert course.state.consents["recording"].is_active is goes_on
    assert course.state.consents["messages"].is_active


@pytest.mark.parametrize("wanted", [True, False])
def test_whoever_wants_no_messages_gets_none_by_open_channels(wanted: bool) -> None:
    course = answered(goes_on={**ALL_GO_ON, "messages": wanted})
    rules = delivery_rules(course.state, course.now, 1.0)
    assert rules is not None
    assert rules.open_channels is wanted
    course.wait(days=2)
    assert WorkKind.HOLD_CHECKIN in kinds(course), "somebody still asks after the patient"


def test_a_way_of_dosing_may_be_left_without_leaving_the_treatment() -> None:
    course = at(Phase.SESSION, setting=Setting.HOME)
    course.must(WithdrawConsent, Role.PATIENT, kind="telehealth")
    assert not has_left(course.state)
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    assert WorkKind.ASK_CONTINUATION not in kinds(course)
    course.must(ApproveDosing, Role.PHYSICIAN, setting=Setting.CLINIC)
    assert given(course.state.approval).status is ApprovalStatus.IN_FORCE


def test_after_the_end_of_a_return_the_next_dose_starts_from_nothing() -> None:
    course = left(ready)
    course.must(RecordContinuation, Role.PATIENT, goes_on=ALL_GO_ON)
    course.wait(minutes=1)
    course.must(NoteCapacity, Role.PHYSICIAN)
    course.consent("treatment")
    assert not has_left(course.state)
    assert course.phase is Phase.PREPARATION
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    course.until(lambda it: it.state.sessions_given == 1)
    assert given(course.state.approval).number == 2
