"""The way home: after the observation time, with recent vital signs, and every criterion met."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Role
from schemas.commands import ApproveDosing, DischargePatient, RecordVitals, RecordWeight
from schemas.facts import PatientDischarged
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute
from tests.rules.arrivals import CALM, MINUTE, OBSERVED, RULES, TICK, boost, dosed, give, observed, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import given, kap_routes, packaged

BOOSTER = given(packaged().booster)
VALID = timedelta(minutes=RULES.valid_min.value)
CRITERIA = ("oriented", "steady_gait", "responsible_adult")


def leaving(situation: Callable[[], Course], **changes: Any) -> Callable[[], Refusal]:
    return saying(situation, DischargePatient, Role.NURSE, **changes)


def measured_before_dose_only() -> Course:
    return observed(None)


def measured_long_ago() -> Course:
    course = observed()
    course.wait_until(course.now + VALID + TICK)
    return course


REFUSALS = [
    Refused("no_drug_given", None, "discharge without drug", leaving(ready)),
    Refused("observation_not_over", None, "an instant early", leaving(lambda: observed(early=TICK))),
    Refused("vitals_missing", None, "not measured since the dose", leaving(measured_before_dose_only)),
    Refused("vitals_missing", None, "half measured", leaving(lambda: observed(CALM.model_copy(update={"spo2": None})))),
    Refused("vitals_stale", None, "measured long ago", leaving(measured_long_ago)),
    *(Refused("discharge_criterion_unmet", name, name, leaving(observed, **{name: False})) for name in CRITERIA),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("route", list(kap_routes()))
def test_discharge_at_the_end_of_the_observation_time(route: DrugRoute) -> None:
    course = at(Phase.APPROVAL)
    course.consent("injection").must(RecordWeight, Role.NURSE)
    limits = packaged().routes[route]
    said = {**an_approval(course.state), "route": route, "max_dose_mg": 50.0, "booster_mg": 0.0}
    course.must(ApproveDosing, Role.PHYSICIAN, **said)
    course.until(lambda it: bool(it.state.sessions_given))
    ends = course.now + timedelta(minutes=limits.observation_min.value)
    course.wait_until(ends - TICK)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.").facts == {
        "until": ends.isoformat()
    }
    course.wait_until(ends)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    (fact,) = course.facts(PatientDischarged)
    assert fact.observed_min == limits.observation_min.value
    assert course.phase is Phase.INTEGRATION


def test_booster_starts_the_observation_anew() -> None:
    course = dosed()
    course.wait(minutes=BOOSTER.closes_min.value)
    boost(course)
    ends = course.now + OBSERVED
    course.wait_until(ends - MINUTE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    assert (
        course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.").code == "observation_not_over"
    )
    course.wait_until(ends)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")


def test_observation_is_elapsed_time_whatever_the_record_takes() -> None:
    course = ready()
    given_at = course.now
    course.wait(minutes=30)
    give(course, observed_at=given_at)
    course.wait_until(given_at + OBSERVED)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")


@pytest.mark.parametrize(("age", "fresh"), [(VALID - TICK, True), (VALID, True), (VALID + TICK, False)])
def test_discharge_needs_recent_vitals(age: timedelta, fresh: bool) -> None:
    course = observed()
    course.wait_until(course.now + age)
    if fresh:
        course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    else:
        assert course.refused(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.").code == "vitals_stale"
