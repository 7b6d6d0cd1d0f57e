"""Wall-clock instants across changes of the clock. The cases of New York are those of scenario S10."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.actors import Role
from schemas.commands import ScheduleSession
from schemas.facts import SessionReminderDue
from schemas.pathway import Phase
from schemas.treatment import Setting
from tests.support.course import Course
from tests.support.people import an_enrolment
from tests.support.protocols import packaged
from workflows.rules.calendar import at_local_time, end_of_local_day
from workflows.rules.deadlines.session import reminder_at
from workflows.rules.standing import integration_window, observation_ends

NEW_YORK = "America/New_York"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day_of", "days", "wall_clock", "instant"),
    [
        (utc(2026, 11, 1, 15), -1, time(10), utc(2026, 10, 31, 14)),
        (utc(2026, 11, 1, 15), 0, time(1, 30), utc(2026, 11, 1, 5, 30)),
        (utc(2027, 3, 14, 15), 0, time(2, 30), utc(2027, 3, 14, 7, 30)),
        (utc(2027, 3, 14, 15), -1, time(10), utc(2027, 3, 13, 15)),
        (utc(2026, 11, 1, 4, 30), 0, time(10), utc(2026, 11, 1, 15)),
        (utc(2026, 11, 1, 3, 30), 0, time(10), utc(2026, 10, 31, 14)),
    ],
    ids=[
        "the day before a session after the change",
        "a time that occurs twice is its first occurrence",
        "a time that does not exist is shifted forward",
        "the day before a session after spring's change",
        "just after local midnight",
        "just before local midnight",
    ],
)
def test_wall_clock_in_new_york(day_of: datetime, days: int, wall_clock: time, instant: datetime) -> None:
    answer = at_local_time(day_of, days, wall_clock, NEW_YORK)
    assert answer == instant
    assert answer.tzinfo is UTC


def test_a_day_of_25_hours_and_one_of_23() -> None:
    def hours(day_of: datetime) -> float:
        return (end_of_local_day(day_of, 0, NEW_YORK) - end_of_local_day(day_of, -1, NEW_YORK)) / timedelta(hours=1)

    assert [hours(utc(*day, 15)) for day in ((2026, 10, 31), (2026, 11, 1), (2027, 3, 14))] == [24, 25, 23]


def test_end_of_the_last_day_in_the_zone_of_the_patient() -> None:
    approved = utc(2026, 3, 30, 22)
    assert end_of_local_day(approved, 30, "America/Denver") == utc(2026, 4, 30, 5, 59, 59)
    assert end_of_local_day(utc(2026, 10, 15, 12), 30, NEW_YORK) == utc(2026, 11, 15, 4, 59, 59)


@given(
    day_of=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)),  # noqa: DTZ001  made aware below
    days=st.integers(-40, 400),
    wall_clock=st.times(),
    zone=st.sampled_from([NEW_YORK, "America/Phoenix", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia", "UTC"]),
)
def test_any_wall_clock_reads_as_asked_unless_it_does_not_exist(
    day_of: datetime, days: int, wall_clock: time, zone: str
) -> None:
    aware = day_of.replace(tzinfo=UTC)
    answer = at_local_time(aware, days, wall_clock, zone)
    local = answer.astimezone(ZoneInfo(zone))
    asked = datetime.combine(aware.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), wall_clock)
    shift = local.replace(tzinfo=None) - asked
    assert shift >= timedelta(0)
    if shift:
        gap = ZoneInfo(zone).utcoffset(asked + shift), ZoneInfo(zone).utcoffset(asked - timedelta(days=1))
        assert gap[0] != gap[1]
        assert shift <= timedelta(days=1)
    else:
        assert local.fold == 0


def booked(starts_at: datetime, now: datetime) -> Course:
    course = Course(an_enrolment(zone=NEW_YORK), now=now).to_phase(Phase.SESSION)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=starts_at, setting=Setting.CLINIC)
    return course


def test_session_reminder_comes_at_the_wall_clock_25_hours_before() -> None:
    starts_at = utc(2026, 11, 1, 15)
    course = booked(starts_at, utc(2026, 10, 26, 12))
    assert reminder_at(course.state, course.session) == utc(2026, 10, 31, 14)
    course.wait_until(utc(2026, 10, 31, 13, 59, 59))
    assert course.facts(SessionReminderDue) == []
    course.wait_until(utc(2026, 10, 31, 14))
    course.wait_until(utc(2026, 11, 1, 14))
    assert len(course.facts(SessionReminderDue)) == 1


def test_moved_session_is_reminded_of_at_its_own_wall_clock() -> None:
    course = booked(utc(2026, 10, 30, 14), utc(2026, 10, 26, 12))
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=utc(2026, 11, 2, 15), setting=Setting.CLINIC)
    assert reminder_at(course.state, course.session) == utc(2026, 11, 1, 15)


def test_clinical_intervals_are_elapsed_time() -> None:
    starts_at = utc(2026, 10, 31, 15)
    course = booked(starts_at, utc(2026, 10, 26, 12)).until(lambda it: it.state.sessions_given == 1)
    assert course.now == starts_at
    window = integration_window(course.state, course.session)
    assert window is not None
    assert [instant.astimezone(ZoneInfo(NEW_YORK)).hour for instant in window[:2]] == [10, 10]
    assert window[:2] == (utc(2026, 11, 1, 15), utc(2026, 11, 3, 15))


def test_observation_across_the_repeated_hour_is_not_an_hour_longer() -> None:
    starts_at = utc(2026, 11, 1, 4, 45)
    course = booked(starts_at, utc(2026, 10, 26, 12)).until(lambda it: it.state.sessions_given == 1)
    minutes = packaged().routes[course.session.doses[0].route].observation_min.value
    assert observation_ends(course.state, course.session) == starts_at + timedelta(minutes=minutes)
    assert course.session.doses[0].given_at.astimezone(ZoneInfo(NEW_YORK)).date() == date(2026, 11, 1)
