"""When a washout is over."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, WashoutPassed
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    washouts = enumerate(state.screening.washouts, start=1)
    return ((one.over_at, f"washout-{number}") for number, one in washouts if not one.over)


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    washouts = enumerate(state.screening.washouts, start=1)
    yield WashoutPassed(key=next(one.key for number, one in washouts if subject == f"washout-{number}"))


WASHOUT = Deadline("washout_passes", _instants, _lapsed)
"""Opens a physician's review; clears nothing."""
