"""When a washout is over, and when a test or the weight becomes too old."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import Fact, ScreeningLapsed, WashoutPassed
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.screening.standing import WEIGHT, goes_by_weight, good_until, needed


def _washouts(state: Pathway) -> Iterator[tuple[datetime, str]]:
    washouts = enumerate(state.screening.washouts, start=1)
    return ((one.over_at, f"washout-{number}") for number, one in washouts if not one.over)


def _washed_out(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    washouts = enumerate(state.screening.washouts, start=1)
    yield WashoutPassed(key=next(one.key for number, one in washouts if subject == f"washout-{number}"))


def _ages(state: Pathway) -> Iterator[tuple[datetime, str]]:
    screening, rules = state.screening, state.protocol.eligibility
    if rules is None or not state.series_continues:
        return
    for test, rule in needed(state):
        lab = screening.latest(test)
        if lab is not None and test.value not in screening.lapsed:
            yield good_until(state, rule, lab), test.value
    weight = screening.weight
    if weight is not None and WEIGHT not in screening.lapsed and goes_by_weight(state, rules):
        yield weight.measured_at + timedelta(days=rules.weight_valid_days.value), WEIGHT


def _aged(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield ScreeningLapsed(what=subject)


WASHOUT = Deadline("washout_passes", _washouts, _washed_out)
"""Opens a physician's review; clears nothing."""

AGE = Deadline("screening_lapses", _ages, _aged)
"""Somebody owes the test, or the weight, anew."""
