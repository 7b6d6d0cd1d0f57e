"""When a consent is to be renewed, and when it has expired."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import ConsentExpired, ConsentRenewalDue, Fact
from schemas.pathway import Pathway
from workflows.rules.consents.standing import expires_at, needed, planned
from workflows.rules.deadlines.deadline import Deadline


def _renewals(state: Pathway) -> Iterator[tuple[datetime, str]]:
    before = state.protocol.consent_rules.renew_days_before
    for kind, _ in needed(state, *planned(state)) if before is not None else ():
        consent = state.consents.get(kind)
        ends = expires_at(state, consent) if consent is not None and consent.is_active else None
        if before is not None and consent is not None and ends is not None and consent.renewal_due_at is None:
            yield ends - timedelta(days=before.value), kind


def _renewal(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    ends = expires_at(state, state.consents[subject])
    if ends is not None:
        yield ConsentRenewalDue(kind=subject, expires_at=ends)


def _ends(state: Pathway) -> Iterator[tuple[datetime, str]]:
    for kind, consent in state.consents.items():
        ends = expires_at(state, consent) if consent.is_active else None
        if ends is not None:
            yield ends, kind


def _expired(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield ConsentExpired(kind=subject)


RENEWAL = Deadline("consent_renewal", _renewals, _renewal)
"""Somebody is asked to have it signed once more."""

EXPIRY = Deadline("consent_expires", _ends, _expired)
"""Nothing rests on it any more; an approval that did is suspended."""
