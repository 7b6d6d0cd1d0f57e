"""When a washout is over, and when a test or the weight becomes too old."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, ScreeningLapsed, WashoutPassed
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.screening.standing import good_times


def _washouts(state: Pathway) -> Iterator[tuple[datetime, str]]:
    washouts = enumerate(state.screening.washouts, start=1)
    return ((one.over_at, f"washout-{number}") for number, one in washouts if not one.over)


def _washed_out(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    washouts = enumerate(state.screening.washouts, start=1)
    yield WashoutPassed(key=next(one.key for number, one in washouts if subject == f"washout-{number}"))


def _ages(state: Pathway) -> Iterator[tuple[datetime, str]]:
    if state.series_continues:
        for what, until in good_times(state):
            if what not in state.screening.lapsed:
                yield until, what


def _aged(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield ScreeningLapsed(what=subject)


WASHOUT = Deadline("washout_passes", _washouts, _washed_out)
"""Opens a physician's review; clears nothing."""

AGE = Deadline("screening_lapses", _ages, _aged)
"""Somebody owes the test, or the weight, anew."""
