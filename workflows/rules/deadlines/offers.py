"""When an offer of the therapist's place is over."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import Fact
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.offers import expired


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    if (offer := state.staffing.offer) is not None:
        yield offer.expires_at, offer.id


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    offer = state.staffing.offer
    if offer is not None and offer.id == subject:
        yield from expired(state, offer, now)


OFFER = Deadline("offer_expires", _instants, _lapsed)
"""Silence declines for nobody and accepts for nobody: the next candidate is asked."""
