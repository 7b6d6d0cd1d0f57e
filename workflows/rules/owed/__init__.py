"""Everything that humans owe in a state: each provider speaks for one noun."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from workflows.rules.owed import approval, checkins, course, identity, risk, screening, session, supply
from workflows.rules.owed.obligation import Obligation, Provider

PROVIDERS: tuple[Provider, ...] = (
    identity.owed,
    course.owed,
    screening.owed,
    approval.owed,
    supply.owed,
    session.owed,
    course.reviews,
    course.requests,
    risk.owed,
    checkins.owed,
)
"""Who says what is owed while care goes on."""

AFTER_THE_END: tuple[Provider, ...] = (risk.remaining, supply.remaining, checkins.owed, course.requests)
"""Who still says what is owed once care has ended."""

__all__ = ["PROVIDERS", "Obligation", "owed"]


def owed(state: Pathway) -> Iterator[Obligation]:
    """Everything that humans owe; after the end of care what the safety contact asks for, and then nothing."""
    if state.closure is None:
        for provider in PROVIDERS if state.ending is None else AFTER_THE_END:
            yield from provider(state)
