"""Quiet hours by the wall clock, on both sides of each edge, and across both changes of the clocks."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.outreach.routing import local_day, quiet_until, route
from schemas.actors import Role
from schemas.messages import OPEN_CHANNELS, Channel, Contact, QuietHours

NEW_YORK = "America/New_York"
USUAL = QuietHours(begins=time(21), ends=time(8))
TICK = timedelta(microseconds=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (utc(2026, 7, 1, 1) - TICK, None),
        (utc(2026, 7, 1, 1), utc(2026, 7, 1, 12)),
        (utc(2026, 7, 1, 12) - TICK, utc(2026, 7, 1, 12)),
        (utc(2026, 7, 1, 12), None),
        # Autumn: the evening is EDT, the morning is EST, and the night an hour longer.
        (utc(2026, 11, 1, 1), utc(2026, 11, 1, 13)),
        # Spring: an hour shorter.
        (utc(2027, 3, 14, 2), utc(2027, 3, 14, 12)),
    ],
)
def test_the_night_is_quiet_and_ends_in_the_morning(now: datetime, until: datetime | None) -> None:
    assert quiet_until(now, USUAL, NEW_YORK) == until


def test_quiet_hours_that_end_in_the_repeated_hour_end_once() -> None:
    quiet = QuietHours(begins=time(22), ends=time(1, 30))
    ends = utc(2026, 11, 1, 5, 30)
    assert quiet_until(ends - TICK, quiet, NEW_YORK) == ends
    assert quiet_until(ends, quiet, NEW_YORK) is None
    # 01:15 comes a second time; the night is over all the same.
    assert quiet_until(utc(2026, 11, 1, 6, 15), quiet, NEW_YORK) is None


def test_quiet_hours_that_end_in_the_missing_hour_end_after_it() -> None:
    quiet = QuietHours(begins=time(22), ends=time(2, 30))
    assert quiet_until(utc(2027, 3, 14, 6), quiet, NEW_YORK) == utc(2027, 3, 14, 7, 30)
    assert quiet_until(utc(2027, 3, 14, 7, 30), quiet, NEW_YORK) is None


def test_quiet_hours_by_day_are_possible() -> None:
    siesta = QuietHours(begins=time(13), ends=time(15))
    assert quiet_until(utc(2026, 7, 1, 18), siesta, NEW_YORK) == utc(2026, 7, 1, 19)
    assert quiet_until(utc(2026, 7, 1, 20), siesta, NEW_YORK) is None


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: utc(2026, 1, 1) + timedelta(minutes=minutes)),
    st.times(),
    st.times(),
    st.sampled_from([NEW_YORK, "America/Phoenix", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_a_rest_ends_later_and_within_a_day_and_is_not_begun_again(
    now: datetime, begins: time, ends: time, zone: str
) -> None:
    if begins == ends:
        return
    quiet = QuietHours(begins=begins, ends=ends)
    until = quiet_until(now, quiet, zone)
    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        assert quiet_until(until, quiet, zone) is None


def test_a_local_day_has_as_many_hours_as_it_has() -> None:
    autumn, spring = (local_day(utc(2026, 11, 1, 12), NEW_YORK), local_day(utc(2027, 3, 14, 12), NEW_YORK))
    assert autumn[1] - autumn[0] == timedelta(hours=25)
    assert spring[1] - spring[0] == timedelta(hours=23)


def contact(**changes: object) -> Contact:
    values = {"id": "P-1", "role": Role.PATIENT, "name": "Moss Tale", "email": "m@example.org", "zone": NEW_YORK}
    return Contact.model_validate(values | changes)


@given(
    st.lists(st.sampled_from(Channel), max_size=6),
    st.lists(st.sampled_from(Channel), max_size=4),
    st.frozensets(st.sampled_from(Channel), max_size=4),
    st.booleans(),
)
def test_no_route_goes_by_a_channel_that_is_closed_or_unwanted(
    preferred: list[Channel], opted_out: list[Channel], closed: frozenset[Channel], phone: bool
) -> None:
    person = contact(channels=tuple(preferred), opted_out=tuple(opted_out), phone="+13035550100" if phone else None)
    way = route(person, None, closed)
    assert way[-1] is Channel.PORTAL
    assert len(set(way)) == len(way)
    for channel in way[:-1]:
        assert channel in (preferred or OPEN_CHANNELS)
        assert channel not in closed
        assert channel not in opted_out
        assert person.address(channel) is not None
