"""When unfinished work is raised again."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.obligations import overdue


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    return ((item.next_deadline, item.id) for item in state.work)


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    item = next(item for item in state.work if item.id == subject)
    return overdue(state, item, now)


OVERDUE = Deadline("work_overdue", _instants, _lapsed)
"""The next deadline of each open work item."""
