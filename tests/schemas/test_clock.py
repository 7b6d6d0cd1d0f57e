"""The simulated clock: where it starts, how fast it runs, and in which steps it shows time."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.clock import Clock

EPOCH = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)
ANCHOR = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("engine_s", "shown_s"), [(0, 0), (25.5, 0), (25.6, 0.1), (51.1, 0.1), (256 * 302.4, 302.4), (256 * 86400, 86400)]
)
def test_a_clock_with_a_grain_shows_whole_steps(engine_s: float, shown_s: float) -> None:
    clock = Clock(epoch=EPOCH, scale=1 / 256, anchor=ANCHOR, grain_s=0.1)
    now = ANCHOR + timedelta(seconds=engine_s)
    assert clock.now(now) == EPOCH + timedelta(seconds=shown_s)


def test_a_timer_counts_from_the_exact_time() -> None:
    clock = Clock(epoch=EPOCH, scale=1 / 256, anchor=ANCHOR, grain_s=0.1)
    at, now = EPOCH + timedelta(minutes=5), ANCHOR + timedelta(seconds=20)
    seconds = clock.real_seconds_until(at, now)
    assert seconds == 256 * 300 - 20
    assert clock.now(now + timedelta(seconds=seconds)) == at


def test_without_a_grain_it_shows_every_instant_and_the_real_one_is_real() -> None:
    now = ANCHOR + timedelta(microseconds=7)
    assert Clock(epoch=EPOCH, scale=2, anchor=ANCHOR).now(now) == EPOCH + timedelta(microseconds=14)
    assert Clock().now(now) == now
    assert Clock(epoch=EPOCH).now(now) == now


def test_a_clock_set_forward_goes_on_from_there_and_never_back() -> None:
    clock = Clock(epoch=EPOCH, scale=600, anchor=ANCHOR)
    now = ANCHOR + timedelta(seconds=6)  # an hour there
    ahead = clock.forwarded(EPOCH + timedelta(days=1), now)
    assert ahead.now(now) == EPOCH + timedelta(days=1)
    assert ahead.now(now + timedelta(seconds=1)) == EPOCH + timedelta(days=1, minutes=10)
    assert ahead.real_seconds_until(EPOCH + timedelta(days=1, hours=1), now) == 6
    assert clock.forwarded(EPOCH, now).now(now) == EPOCH + timedelta(hours=1)
