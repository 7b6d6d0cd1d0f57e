"""Suicide risk: what is owed because of it, at the screening, after the end of care, and what is told of it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from clients.scenarios.next_right import calm
from schemas.actors import Role
from schemas.commands import (
    ClearRisk,
    DecideScreening,
    DeclineSafetyContact,
    DiscontinuePathway,
    RecordAdministration,
    RecordRiskContact,
    RecordVitals,
)
from schemas.facts import MeasureRecorded, RiskUnassessed, WorkItemClosed
from schemas.measures import Instrument, NotAResponse, RiskCode
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus
from schemas.work import Priority, WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, dosed, ready
from tests.rules.risky import (
    ASSESS,
    BASELINE,
    HIGH,
    MODERATE,
    NO,
    UNFINISHED,
    WINDOWS,
    after_the_end,
    allowed,
    asked,
    cleared_by,
    examined,
    item9,
    owed,
    positive,
    screened,
)
from tests.support.course import at
from tests.support.protocols import packaged
from workflows.rules.measures import missing_baseline
from workflows.rules.risk import suspension_reasons
from workflows.rules.status import HELD, attention, details_of, status_of


def test_the_screener_is_owed_within_the_hour() -> None:
    course = positive()
    (item,) = owed(course, WorkKind.ASSESS_RISK)
    assert (item.owner_role, item.priority) == (Role.PHYSICIAN, Priority.URGENT)
    assert item.due_at == course.now + ASSESS
    acknowledge = course.now + timedelta(minutes=WINDOWS.acknowledge_high_min.value)
    assert item.acknowledge_by == item.next_deadline == acknowledge
    raised = []
    for _ in range(4):
        course.wait_until(owed(course, WorkKind.ASSESS_RISK)[0].next_deadline)
        raised.append(course.now - item.due_at)
    ladder = packaged().ladder_of(WorkKind.ASSESS_RISK)
    assert raised == [acknowledge - item.due_at, *(timedelta(hours=hours) for hours in ladder.steps_h[:3])]
    asked(course, NO)
    assert owed(course, WorkKind.ASSESS_RISK) == []


@pytest.mark.parametrize(("off", "high"), [(-TICK, False), (timedelta(0), True)])
def test_unassessed_counts_as_high(off: timedelta, high: bool) -> None:
    course = positive()
    since = course.now
    course.wait_until(since + ASSESS + off)
    assert bool(course.facts(RiskUnassessed)) is high
    assert [item.subject for item in owed(course, WorkKind.CONTACT_AT_RISK)] == (["high"] if high else [])
    course.wait(days=3)
    assert len(course.facts(RiskUnassessed)) == 1
    asked(course, NO)
    course.must(RecordRiskContact, Role.NURSE)
    assert owed(course, WorkKind.CONTACT_AT_RISK) == []
    assert not allowed(course)


@pytest.mark.parametrize(
    ("answers", "level", "contact", "acknowledge"),
    [
        (HIGH, "high", timedelta(minutes=60), timedelta(minutes=15)),
        (MODERATE, "moderate", timedelta(hours=4), timedelta(minutes=60)),
    ],
)
def test_contact_is_owed_by_level(
    answers: dict[str, int], level: str, contact: timedelta, acknowledge: timedelta
) -> None:
    course = screened(answers)
    (item,) = owed(course, WorkKind.CONTACT_AT_RISK)
    assert (item.subject, item.priority) == (level, Priority.URGENT)
    assert (item.due_at - course.now, (item.acknowledge_by or item.due_at) - course.now) == (contact, acknowledge)
    course.must(RecordRiskContact, Role.THERAPIST, reached=False)
    assert owed(course, WorkKind.CONTACT_AT_RISK) == [item]
    course.must(RecordRiskContact, Role.THERAPIST)
    assert owed(course, WorkKind.CONTACT_AT_RISK) == []


def test_clearing_is_owed_by_each_of_the_two() -> None:
    course = screened(MODERATE)
    assert {item.owner_role for item in owed(course, WorkKind.CLEAR_RISK)} == {Role.PHYSICIAN, Role.THERAPIST}
    course.must(ClearRisk, Role.THERAPIST)
    assert {item.owner_role for item in owed(course, WorkKind.CLEAR_RISK)} == {Role.PHYSICIAN}
    course.must(ClearRisk, Role.PHYSICIAN)
    assert not any("risk" in item.kind for item in course.state.work)


def test_time_clears_nothing() -> None:
    course = screened(HIGH)
    closed = len(course.facts(WorkItemClosed))
    course.wait(days=400)
    assert course.state.risk.blocked
    assert len(course.facts(WorkItemClosed)) == closed
    assert len(owed(course, WorkKind.CLEAR_RISK)) == 2


# Screening, and the end of care


def test_the_baseline_comes_before_eligibility() -> None:
    course = examined()
    assert missing_baseline(course.state) == list(BASELINE)
    asked(course, {"q1": 3, "q9": 0}, Instrument.PHQ9)
    asked(course, UNFINISHED, Instrument.CSSRS)
    assert Instrument.PHQ9 in missing_baseline(course.state)
    assert Instrument.CSSRS in missing_baseline(course.state)
    course.fork().must(DecideScreening, Role.PHYSICIAN, eligible=False)
    while missing := missing_baseline(course.state):
        asked(course, calm(course.state, missing[0]), missing[0])
    for role in (Role.PHYSICIAN, Role.THERAPIST):
        course.must(ClearRisk, role)
    course.must(DecideScreening, Role.PHYSICIAN)


def test_a_protocol_without_questionnaires_asks_for_none() -> None:
    old = packaged().model_copy(update={"instruments": None, "checkins": None})
    course = at(Phase.CLOSED, protocol=old)
    assert course.facts(MeasureRecorded) == []
    assert course.state.sessions_given == course.state.sessions_planned


@pytest.mark.parametrize("end", [DiscontinuePathway, DecideScreening])
def test_a_patient_at_risk_is_not_left_alone_by_the_end_of_care(end: Any) -> None:
    course = screened(HIGH, partial(at, Phase.SCREENING))
    course.must(end, Role.PHYSICIAN, **({"eligible": False} if end is DecideScreening else {}))
    assert course.phase is Phase.SAFETY_CONTACT
    assert [item.kind for item in course.state.work] == [WorkKind.CONTACT_AT_RISK]
    course.wait(days=30)
    assert course.state.closure is None
    course.must(RecordRiskContact, Role.PHYSICIAN)
    assert course.state.closure is not None


def test_a_clinician_may_record_that_the_patient_wants_no_contact() -> None:
    course = after_the_end()
    course.must(DeclineSafetyContact, Role.PHYSICIAN)
    assert course.phase is Phase.CLOSED


def test_a_day_3_total_is_a_safety_signal_and_no_response() -> None:
    course = dosed()
    course.wait(days=3)
    item9(course)
    (*_, recorded) = course.facts(MeasureRecorded)
    assert (recorded.score.valid_as_response, recorded.score.recall_days) == (False, 14)
    assert recorded.score.not_valid_because is NotAResponse.TOO_SOON_AFTER_DOSE
    assert recorded.score.change is None
    assert course.state.risk.blocked


def test_a_vital_sign_does_not_lift_it() -> None:
    course = positive()
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert not allowed(course)


@pytest.mark.parametrize(
    ("answers", "reasons"), [(NO, []), (UNFINISHED, []), (MODERATE, ["suicide_risk"]), (HIGH, ["suicide_risk"])]
)
def test_moderate_or_high_risk_is_a_reason_to_suspend(answers: dict[str, int], reasons: list[str]) -> None:
    course = screened(answers)
    assert list(suspension_reasons(course.state, approval_of(course))) == reasons


def test_the_status_tells_of_the_risk_and_what_it_waits_for() -> None:
    course = positive()
    status = status_of(course.state, course.now, 0, 0)
    assert status.risk is not None
    assert (status.risk.reasons, status.risk.level) == ((RiskCode.ITEM9_POSITIVE,), None)
    assert not status.risk.assessed
    assert status.risk.waits_for == (Role.PHYSICIAN, Role.THERAPIST)
    assert not status.dose_allowed
    assert attention(course.state) == HELD
    (check,) = [check for check in status.checks if not check.passed]
    assert (check.code, check.lifted_by) == ("risk_not_cleared", (Role.PHYSICIAN, Role.THERAPIST))
    assert status_of(ready().state, course.now, 0, 0).risk is None


def test_operators_read_nothing_of_what_was_answered() -> None:
    page = details_of(screened(HIGH).state)
    assert "clear risk" in page
    assert not [word for word in ("suicid", "cssrs", "phq", "high", "item") if word in page.lower()]


def test_a_suspended_approval_is_not_resumed_by_clearing() -> None:
    course = cleared_by(Role.PHYSICIAN, Role.THERAPIST, situation=partial(screened, HIGH))
    assert allowed(course)
    approval = approval_of(course)
    assert (approval.status, approval.suspended_for) == (ApprovalStatus.SUSPENDED, ("suicide_risk",))
    assert course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0).code == "approval_suspended"
    assert approval_of(positive()).status is ApprovalStatus.IN_FORCE


def test_the_baseline_counts_as_a_response_score_and_is_compared_with() -> None:
    course = at(Phase.SESSION)
    (baseline,) = [one for one in course.state.measures if one.instrument is Instrument.PHQ9]
    assert (baseline.valid_as_response, baseline.before_treatment) == (True, True)
    course.until(lambda it: it.state.sessions_given == 1 and it.session.discharged_at is not None)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + timedelta(days=7))
    asked(course, dict.fromkeys((f"q{number}" for number in range(1, 10)), 0), Instrument.PHQ9)
    score = course.facts(MeasureRecorded)[-1].score
    assert score.valid_as_response
    assert score.change is not None
    assert (score.change.response, score.change.remission, score.change.from_baseline) == (True, True, -8)
