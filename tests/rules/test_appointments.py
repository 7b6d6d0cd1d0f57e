"""What a patient says to an appointment: it holds for the one they were told, once, and touches nothing clinical."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from schemas.actors import Role
from schemas.commands import CancelSession, CheckIn, ConfirmAppointment, ScheduleSession, SignIntegrationNote
from schemas.facts import AppointmentConfirmed
from schemas.pathway import Phase
from schemas.refusals import Refusal
from tests.rules.arrivals import TICK, received
from tests.rules.refusing import Refused, each, holds
from tests.rules.test_no_show import booked_ahead
from tests.support.course import Course, at
from workflows.rules.deadlines import due
from workflows.rules.gate import gate
from workflows.rules.status import status_of

DAY = timedelta(days=1)


def booked() -> Course:
    """A session is booked for the day after tomorrow."""
    course = at(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + 2 * DAY)
    return course


def confirmed() -> Course:
    course = booked()
    confirm(course, course.session.starts_at)
    return course


def confirm(course: Course, starts_at: datetime, session_id: str = "S1") -> None:
    course.must(ConfirmAppointment, Role.PATIENT, session_id=session_id, starts_at=starts_at)


def blocked() -> Course:
    """Nobody has read the dose plan by the cutoff."""
    course = booked()
    course.wait_until(course.session.starts_at - TICK)
    assert course.session.blocked_for
    return course


def begun() -> Course:
    course = booked()
    course.wait_until(course.session.starts_at)
    return course


def refused(situation: Callable[[], Course], *, off: timedelta = timedelta(0), session_id: str = "S1") -> Refusal:
    """The patient confirms what was booked in a situation, or something beside it."""
    course = situation()
    booked_at = course.state.cycle.session.starts_at if course.state.cycle.session else course.now + DAY
    return course.refused(ConfirmAppointment, Role.PATIENT, session_id=session_id, starts_at=booked_at + off)


def cancelled() -> Course:
    course = booked()
    course.must(CancelSession, Role.COORDINATOR)
    return course


REFUSALS = [
    Refused("appointment_gone", "session_id", "nothing is booked", lambda: refused(lambda: at(Phase.SESSION))),
    Refused("appointment_gone", "session_id", "it was cancelled", lambda: refused(cancelled)),
    Refused("appointment_gone", "session_id", "another one", lambda: refused(booked, session_id="S2")),
    Refused("appointment_moved", "starts_at", "an instant earlier", lambda: refused(booked, off=-TICK)),
    Refused("appointment_moved", "starts_at", "an instant later", lambda: refused(booked, off=TICK)),
    Refused("appointment_over", "starts_at", "its time has come", lambda: refused(begun)),
    Refused("appointment_over", "starts_at", "the patient is there", lambda: refused(received)),
    Refused("session_blocked", None, "it will not take place", lambda: refused(blocked)),
    Refused("already_confirmed", "session_id", "said twice", lambda: refused(confirmed)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_a_confirmation_is_seen_in_the_status_and_changes_nothing_else() -> None:
    course = booked()
    before, checks, ahead = course.state, list(gate(course.state, course.now)), due(course.state)
    step = course.must(ConfirmAppointment, Role.PATIENT, session_id="S1", starts_at=course.session.starts_at)
    assert step.facts == (AppointmentConfirmed(session_id="S1", starts_at=course.session.starts_at),)
    session = status_of(course.state, course.now, 0, 0).session
    assert session is not None
    assert session.confirmed_at == course.now
    assert list(gate(course.state, course.now)) == checks
    assert due(course.state) == ahead
    unconfirmed = course.session.model_copy(update={"confirmed_at": None})
    cycle = course.state.cycle.model_copy(update={"session": unconfirmed})
    assert course.state.model_copy(update={"cycle": cycle, "version": before.version}) == before


@pytest.mark.parametrize("later", [timedelta(0), 3 * DAY])
def test_a_moved_appointment_is_not_confirmed_any_more(later: timedelta) -> None:
    course = confirmed()
    told = course.session.starts_at
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=told + 3 * DAY)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=told + later)
    assert course.session.confirmed_at is None
    confirm(course, told + later)
    assert course.session.confirmed_at == course.now


def test_a_booking_after_a_cancelled_one_is_confirmed_by_itself() -> None:
    course = confirmed()
    told = course.session.starts_at
    course.must(CancelSession, Role.PATIENT)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=told)
    refusal = course.refused(ConfirmAppointment, Role.PATIENT, session_id="S1", starts_at=told)
    assert (refusal.code, course.session.confirmed_at) == ("appointment_gone", None)


def test_a_session_booked_ahead_stays_confirmed_into_its_cycle() -> None:
    course = booked_ahead()
    ahead = course.state.cycle.ahead
    assert ahead is not None
    confirm(course, ahead.starts_at, ahead.id)
    status = status_of(course.state, course.now, 0, 0)
    assert status.session_ahead is not None
    assert status.session_ahead.confirmed_at == course.now
    said_at = course.now
    course.wait(days=2)
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert (course.session.id, course.session.confirmed_at) == (ahead.id, said_at)


def test_a_confirmed_session_is_received_like_any_other() -> None:
    course = confirmed()
    refusal = course.refused(CheckIn, Role.NURSE)
    assert refusal.code == "too_early_to_check_in"
