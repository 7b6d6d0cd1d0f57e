"""When a sign of suicide risk that nobody assessed counts as high."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, RiskUnassessed
from schemas.measures import RiskCode
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.risk import assess_by, unassessed


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    waiting = unassessed(state.risk)
    if waiting and all(signal.code is not RiskCode.UNASSESSED for signal in waiting):
        first = min(waiting, key=lambda signal: signal.since)
        if (until := assess_by(state, first)) is not None:
            yield until, "risk"


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject, now
    yield RiskUnassessed(since=min(signal.since for signal in unassessed(state.risk)))


UNASSESSED = Deadline("risk_unassessed", _instants, _lapsed)
"""Nobody finished the screener in time."""
