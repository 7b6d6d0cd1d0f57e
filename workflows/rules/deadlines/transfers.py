"""When an offer of work is over."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact, WorkTransferExpired
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    return ((item.transfer.expires_at, item.id) for item in state.work if item.transfer is not None)


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    transfer = next(item.transfer for item in state.work if item.id == subject)
    if transfer is not None:
        yield WorkTransferExpired(item_id=subject, person_id=transfer.to_id)


TRANSFER = Deadline("transfer_expires", _instants, _lapsed)
"""Silence takes over nothing: the work stays with its owner."""
