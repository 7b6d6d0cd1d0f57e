"""Booking, moving, cancelling a session, and receiving the patient."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from clients.scenarios.next_right import ATTESTED
from schemas.actors import Role
from schemas.base import LATEST
from schemas.commands import CancelSession, CheckIn, ScheduleSession
from schemas.facts import PatientCheckedIn, SessionCancelled, SessionScheduled
from schemas.pathway import Phase
from schemas.refusals import Refusal, refusal_from_validation
from schemas.treatment import HomeAttestation, Setting
from schemas.work import WorkKind
from tests.rules.arrivals import read
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.people import RESIDENCE
from tests.support.protocols import packaged, varied

TICK = timedelta(microseconds=1)
OPENS = timedelta(minutes=packaged().session.checkin_opens_min.value)
HORIZON = timedelta(days=packaged().approval.later.valid_days.value)
ARRIVAL = {"setting": Setting.CLINIC, "identity_confirmed": True, "therapist_present": True}
AT_HOME = {**ARRIVAL, "setting": Setting.HOME, "home": ATTESTED, "location": RESIDENCE}


def booked(setting: Setting = Setting.CLINIC) -> Course:
    """A session is booked, and its time has come."""
    course = at(Phase.SESSION, setting=setting)
    course.go_on()
    read(course).wait_until(course.session.starts_at)
    return course


def received() -> Course:
    course = booked()
    course.must(CheckIn, Role.THERAPIST, **ARRIVAL)
    return course


def dosed() -> Course:
    return Course().until(lambda course: bool(course.state.sessions_given))


def booked_at_home() -> Course:
    return booked(Setting.HOME)


def check_in(situation: Callable[[], Course], **changes: Any) -> Callable[[], Refusal]:
    def attempt() -> Refusal:
        course = situation()
        said = AT_HOME if course.session.setting is Setting.HOME else ARRIVAL
        return course.refused(CheckIn, Role.NURSE, **{**said, **changes})

    return attempt


def schedule(course: Course, ahead: timedelta) -> Refusal:
    return course.refused(ScheduleSession, Role.COORDINATOR, starts_at=course.now + ahead)


def early() -> Course:
    """Booked for later: check-in opens an instant from now."""
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + OPENS + TICK)
    return course


def next_cycle(min_hours: float, gap_hours: float) -> Course:
    """The second cycle, the day after a dose at which both intervals are as given."""
    changes = {
        "series.max_sessions_per_week": 7,
        "series.min_hours_between_doses": min_hours,
        "integration.min_hours_before_next_dose": gap_hours,
    }
    return at(Phase.PREPARATION, cycle=2, protocol=varied(changes))


THE_END = LATEST - TICK - at(Phase.SESSION).now
"""Until the last instant that can be written down."""

REFUSALS = [
    Refused("starts_in_past", "starts_at", "booking for now", lambda: schedule(at(Phase.SESSION), timedelta(0))),
    Refused("too_far_ahead", "starts_at", "next year", lambda: schedule(at(Phase.SESSION), HORIZON + TICK)),
    Refused(
        "too_far_ahead",
        "starts_at",
        "in 2199",
        lambda: schedule(at(Phase.SESSION), THE_END),
    ),
    Refused("already_checked_in", None, "moving while the patient is there", lambda: schedule(received(), OPENS)),
    Refused("no_session", None, "cancelling nothing", lambda: at(Phase.SESSION).refused(CancelSession, Role.PATIENT)),
    Refused("drug_already_given", None, "cancelling after drug", lambda: dosed().refused(CancelSession, Role.PATIENT)),
    Refused("no_session", None, "receiving without a booking", lambda: at(Phase.SESSION).refused(CheckIn, Role.NURSE)),
    Refused("already_checked_in", None, "receiving twice", check_in(received)),
    Refused("too_early_to_check_in", None, "an instant too early", check_in(early)),
    Refused("setting_differs", "setting", "at home instead", check_in(booked, setting=Setting.HOME)),
    Refused("identity_not_confirmed", "identity_confirmed", "a stranger", check_in(booked, identity_confirmed=False)),
    Refused("therapist_not_present", "therapist_present", "nobody there", check_in(booked, therapist_present=False)),
    Refused("home_attestation_missing", "home", "at home without a word", check_in(booked_at_home, home=None)),
    *(
        Refused(
            "home_attestation_incomplete",
            f"home.{name}",
            f"at home without {name}",
            check_in(booked_at_home, home=ATTESTED.model_copy(update={name: False})),
        )
        for name in HomeAttestation.model_fields
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("setting", list(Setting))
def test_booking_and_arriving(setting: Setting) -> None:
    course = booked(setting)
    (scheduled,) = course.facts(SessionScheduled)
    assert (scheduled.session_id, scheduled.cycle, scheduled.setting) == ("S1", 1, setting)
    course.must(CheckIn, Role.NURSE, **(AT_HOME if setting is Setting.HOME else ARRIVAL))
    (arrived,) = course.facts(PatientCheckedIn)
    assert arrived.home == (ATTESTED if setting is Setting.HOME else None)
    assert course.session.checked_in_at == course.now


@pytest.mark.parametrize("ahead", [TICK, HORIZON])
def test_booking_from_the_next_instant_up_to_the_horizon(ahead: timedelta) -> None:
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + ahead)


def test_booking_again_moves_the_session() -> None:
    course = booked()
    assert course.session.reminded
    course.must(ScheduleSession, Role.NURSE, starts_at=course.now + timedelta(days=3))
    assert course.session.id == "S1"
    assert not course.session.reminded
    assert course.state.sessions_booked == 1


@pytest.mark.parametrize(
    ("before_opening", "accepted"), [(TICK, False), (timedelta(0), True), (-TICK, True), (timedelta(days=-2), True)]
)
def test_check_in_opens_before_the_session(before_opening: timedelta, accepted: bool) -> None:
    course = read(at(Phase.SESSION))
    starts_at = course.now + timedelta(days=1)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at)
    course.wait_until(starts_at - OPENS - before_opening)
    if accepted:
        course.must(CheckIn, Role.NURSE, **ARRIVAL)
    else:
        assert course.refused(CheckIn, Role.NURSE, **ARRIVAL).facts == {"opens": (starts_at - OPENS).isoformat()}


def test_late_record_of_an_arrival_counts_from_the_arrival() -> None:
    course = booked()
    arrived = course.now
    course.wait(minutes=20)
    course.must(CheckIn, Role.NURSE, **ARRIVAL, observed_at=arrived)
    assert course.session.checked_in_at == arrived


@pytest.mark.parametrize("arrived", [False, True])
def test_cancelled_session_does_not_count_and_is_booked_anew(arrived: bool) -> None:
    course = received() if arrived else booked()
    course.must(CancelSession, Role.PATIENT)
    assert [fact.session_id for fact in course.facts(SessionCancelled)] == ["S1"]
    assert course.state.sessions_given == 0
    assert course.state.approval is not None
    assert course.state.approval.sessions_used == 0
    assert WorkKind.SCHEDULE_SESSION in [item.kind for item in course.state.work]
    assert WorkKind.HOLD_SESSION not in [item.kind for item in course.state.work]
    course.go_on()
    assert course.session.id == "S2"


@pytest.mark.parametrize(
    ("min_hours", "gap_hours"),
    [(144.0, 24.0), (30.0, 24.0)],
    ids=["the interval to the dose is the longer one", "the interval to the visit is the longer one"],
)
def test_next_session_keeps_both_intervals(min_hours: float, gap_hours: float) -> None:
    course = next_cycle(min_hours, gap_hours)
    last_drug, last_visit = course.state.last_drug_at, course.state.last_integration_at
    assert last_drug is not None
    assert last_visit is not None
    earliest = max(last_drug + timedelta(hours=min_hours), last_visit + timedelta(hours=gap_hours))
    refusal = course.refused(ScheduleSession, Role.COORDINATOR, starts_at=earliest - TICK)
    assert (refusal.code, refusal.field) == ("too_soon_after_last_dose", "starts_at")
    assert refusal.facts == {"earliest": earliest.isoformat()}
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=earliest)


BEYOND = [
    LATEST.isoformat(),
    "9999-12-31T23:59:59-07:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T23:59:59Z",
]


@pytest.mark.parametrize("starts_at", BEYOND)
def test_instants_beyond_the_calendar_are_refused_as_any_other_value(starts_at: str) -> None:
    said = {**ScheduleSession.example, "starts_at": starts_at, "command_id": "c", "actor": {"id": "a", "role": "nurse"}}
    with pytest.raises(ValidationError) as refused:
        ScheduleSession.model_validate_json(json.dumps(said))
    refusal = refusal_from_validation(refused.value)
    assert (refusal.code, refusal.field) == ("invalid_value", "starts_at")
    assert "outside" in refusal.sentence
