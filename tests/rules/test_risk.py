"""Suicide risk: what blocks the dose, and who clears it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from schemas.actors import Actor, Role
from schemas.commands import (
    ClearRisk,
    DecideScreening,
    DeclineSafetyContact,
    RecordAdministration,
    RecordRiskContact,
)
from schemas.facts import RiskCleared
from schemas.measures import Instrument, RiskCode, RiskLevel
from schemas.pathway import Phase
from schemas.treatment import TreatmentRoute
from tests.rules.arrivals import TICK, approval_of, dosed, give, ready
from tests.rules.refusing import Refused, each, holds
from tests.rules.risky import (
    HIGH,
    MODERATE,
    NO,
    UNFINISHED,
    UNFINISHED_HIGH,
    after_the_end,
    allowed,
    asked,
    cleared_by,
    examined,
    item9,
    positive,
    screened,
)
from tests.support.course import Course, at


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


def _later(course: Course) -> Course:
    course.wait(minutes=1)
    return course


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


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
