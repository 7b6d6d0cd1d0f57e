"""Suicide risk: what blocks the dose, who clears it, and what is owed meanwhile."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from schemas.actors import Actor, Role
from schemas.commands import (
    ClearRisk,
    DecideScreening,
    DeclineSafetyContact,
    DiscontinuePathway,
    RecordAdministration,
    RecordHealthHistory,
    RecordLabs,
    RecordMeasure,
    RecordMedications,
    RecordRiskContact,
    RecordVitals,
)
from schemas.facts import MeasureRecorded, RiskCleared, RiskUnassessed, WorkItemClosed
from schemas.measures import Instrument, NotAResponse, RiskCode, RiskLevel
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus, TreatmentRoute
from schemas.work import Priority, WorkItem, WorkKind
from tests.rules.arrivals import CALM, TICK, approval_of, dosed, give, ready
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.next_right import calm
from tests.support.protocols import packaged
from workflows.rules.gate import gate
from workflows.rules.measures import missing_baseline
from workflows.rules.risk import suspension_reasons
from workflows.rules.status import HELD, attention, details_of, status_of

RULES = packaged().instruments
assert RULES is not None
WINDOWS, BASELINE = RULES.risk, RULES.baseline
ASSESS = timedelta(minutes=WINDOWS.assess_min.value)
CSSRS = Instrument.CSSRS_SINCE_LAST_CONTACT
NO = {"q1": 0, "q2": 0, "q6": 0}
MODERATE = {"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6": 0}
HIGH = {"q1": 1, "q2": 1, "q3": 1, "q4": 1, "q5": 0, "q6": 0}
UNFINISHED = {"q1": 1, "q2": 1}
UNFINISHED_HIGH = {"q1": 1, "q2": 1, "q4": 1}


def asked(course: Course, answers: Mapping[str, int | None], instrument: Instrument = CSSRS, **said: Any) -> Course:
    course.must(RecordMeasure, Role.NURSE, instrument=instrument, answers=answers, **said)
    return course


def item9(course: Course, answer: int = 1, **said: Any) -> Course:
    return asked(course, {**calm(course.state, Instrument.PHQ9), "q9": answer}, Instrument.PHQ9, **said)


def positive(situation: Callable[[], Course] = ready) -> Course:
    return item9(situation())


def screened(answers: dict[str, int], situation: Callable[[], Course] = ready) -> Course:
    return asked(situation(), answers)


def cleared_by(*roles: Role, situation: Callable[[], Course] | None = None) -> Course:
    course = situation() if situation is not None else screened(MODERATE)
    for role in roles:
        course.must(ClearRisk, role)
    return course


def after_the_end() -> Course:
    course = screened(HIGH, partial(at, Phase.PREPARATION))
    course.must(DiscontinuePathway, Role.PATIENT)
    return course


def by_the_same_person() -> Any:
    course = cleared_by(Role.PHYSICIAN)
    return course.refused(ClearRisk, Role.THERAPIST, actor=Actor(id="dr-sage", role=Role.THERAPIST))


WITHOUT_THERAPY = partial(at, Phase.APPROVAL, treatment=TreatmentRoute.STANDARD_KETAMINE)

REFUSALS = [
    Refused("no_risk_to_clear", None, "nothing to clear", lambda: ready().refused(ClearRisk, Role.PHYSICIAN)),
    Refused(
        "no_risk_to_contact", None, "nothing to speak about", lambda: ready().refused(RecordRiskContact, Role.PHYSICIAN)
    ),
    Refused(
        "no_risk_to_contact",
        None,
        "item 9 alone asks for the screener",
        lambda: positive().refused(RecordRiskContact, Role.PHYSICIAN),
    ),
    Refused(
        "role_cannot_clear",
        "actor.role",
        "a nurse where there is a therapist",
        lambda: screened(MODERATE).refused(ClearRisk, Role.NURSE),
    ),
    Refused("risk_not_assessed", None, "item 9 alone", lambda: positive().refused(ClearRisk, Role.PHYSICIAN)),
    Refused("risk_not_assessed", None, "unfinished", lambda: screened(UNFINISHED).refused(ClearRisk, Role.PHYSICIAN)),
    Refused(
        "risk_not_assessed",
        None,
        "finished before the signal",
        lambda: item9(_later(screened(NO))).refused(ClearRisk, Role.THERAPIST),
    ),
    *(
        Refused(
            "risk_cleared_before",
            "actor.role",
            f"{role} twice",
            lambda role=role: cleared_by(role).refused(ClearRisk, role),  # type: ignore[misc]
        )
        for role in (Role.PHYSICIAN, Role.THERAPIST)
    ),
    Refused(
        "risk_cleared_before",
        "actor.role",
        "a nurse after a therapist, without psychotherapy",
        lambda: cleared_by(Role.THERAPIST, situation=lambda: screened(HIGH, WITHOUT_THERAPY)).refused(
            ClearRisk, Role.NURSE
        ),
    ),
    Refused("second_person_needed", "actor.id", "one person in two roles", by_the_same_person),
    Refused(
        "baseline_missing",
        None,
        "no questionnaire",
        lambda: examined().refused(DecideScreening, Role.PHYSICIAN),
    ),
    Refused(
        "risk_not_cleared",
        None,
        "a dose in spite of item 9",
        lambda: positive().refused(RecordAdministration, Role.NURSE, dose_mg=1.0),
    ),
    Refused(
        "risk_open",
        "actor.role",
        "a patient at high risk wants no contact",
        lambda: after_the_end().refused(DeclineSafetyContact, Role.PATIENT),
    ),
]


def examined() -> Course:
    """At screening, with everything known but the questionnaires."""
    course = at(Phase.SCREENING)
    for told in (RecordHealthHistory, RecordMedications, RecordLabs):
        course.must(told, Role.NURSE)
    return course


def _later(course: Course) -> Course:
    course.wait(minutes=1)
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def allowed(course: Course, at_: datetime | None = None) -> bool:
    (risk,) = [check for check in gate(course.state, at_ or course.now) if check.name == "risk_cleared"]
    return risk.passed


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


# What blocks


@pytest.mark.parametrize(("answer", "blocked"), [(0, False), (1, True), (2, True), (3, True)])
@pytest.mark.parametrize("instrument", [Instrument.PHQ9, Instrument.PHQ9_ITEM9])
def test_item_9_blocks_from_one_on_whatever_the_total(answer: int, blocked: bool, instrument: Instrument) -> None:
    course = ready()
    said = dict.fromkeys((f"q{n}" for n in range(1, 10)), 0) if instrument is Instrument.PHQ9 else {}
    asked(course, {**said, "q9": answer}, instrument)
    assert course.state.risk.blocked is blocked
    assert allowed(course) is not blocked


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        (NO, set()),
        ({**NO, "q1": 1}, set()),
        (MODERATE, {RiskCode.CSSRS_MODERATE}),
        (HIGH, {RiskCode.CSSRS_HIGH}),
        ({}, {RiskCode.CSSRS_UNFINISHED}),
        (UNFINISHED, {RiskCode.CSSRS_UNFINISHED}),
        (UNFINISHED_HIGH, {RiskCode.CSSRS_UNFINISHED, RiskCode.CSSRS_HIGH}),
    ],
)
def test_screener_blocks_when_moderate_high_or_unfinished(answers: dict[str, int], codes: set[RiskCode]) -> None:
    course = screened(answers)
    assert {signal.code for signal in course.state.risk.signals} == codes
    assert allowed(course) is not bool(codes)


def test_a_finished_screener_without_risk_clears_nothing_by_itself() -> None:
    course = asked(positive(), NO)
    assert not allowed(course)
    assert course.state.risk.level is RiskLevel.NONE


def test_it_takes_both_in_either_order() -> None:
    for first, second in ((Role.PHYSICIAN, Role.THERAPIST), (Role.THERAPIST, Role.PHYSICIAN)):
        course = asked(positive(), NO)
        course.must(ClearRisk, first)
        assert not allowed(course)
        course.must(ClearRisk, second)
        assert allowed(course)
        assert [(fact.role, fact.complete) for fact in course.facts(RiskCleared)] == [(first, False), (second, True)]
        give(course)


@pytest.mark.parametrize("second", [Role.NURSE, Role.THERAPIST])
def test_without_psychotherapy_a_nurse_or_therapist_is_the_second(second: Role) -> None:
    course = cleared_by(Role.PHYSICIAN, second, situation=lambda: screened(HIGH, WITHOUT_THERAPY))
    assert allowed(course)


def test_a_new_signal_makes_a_clearing_void() -> None:
    course = cleared_by(Role.PHYSICIAN)
    item9(_later(course))
    assert course.state.risk.clearings == ()
    asked(course, NO)
    course.must(ClearRisk, Role.THERAPIST)
    assert not allowed(course)
    course.must(ClearRisk, Role.PHYSICIAN)
    assert allowed(course)


def test_a_screener_of_the_same_moment_counts_and_an_earlier_one_does_not() -> None:
    course = ready()
    asked(course, NO)
    item9(course)
    course.must(ClearRisk, Role.PHYSICIAN)
    other = screened(NO)
    other.wait(minutes=1)
    item9(other)
    other.refused(ClearRisk, Role.PHYSICIAN)


def test_a_dose_told_late_is_judged_by_its_instant() -> None:
    course = positive()
    since = course.now
    course.wait(minutes=1)
    asked(course, NO)
    course.must(ClearRisk, Role.PHYSICIAN)
    course.wait(minutes=1)
    course.must(ClearRisk, Role.THERAPIST)
    assert allowed(course, since - TICK)
    assert not allowed(course, since)
    assert not allowed(course, course.now - TICK)
    assert allowed(course)
    route = approval_of(course).route
    refusal = course.refused(RecordAdministration, Role.NURSE, dose_mg=1.0, route=route, observed_at=since)
    assert refusal.code == "risk_not_cleared"


def test_what_is_told_late_blocks_from_now_on() -> None:
    course = dosed()
    given_at = course.now
    course.wait(minutes=10)
    item9(course, observed_at=given_at - timedelta(hours=1))
    assert not allowed(course)


# What is owed


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
