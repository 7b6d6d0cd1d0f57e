"""Everything that humans owe in a state: each provider speaks for one noun."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from workflows.rules.owed import course, identity, session
from workflows.rules.owed.obligation import Obligation, Provider

PROVIDERS: tuple[Provider, ...] = (identity.owed, course.owed, session.owed, course.reviews)
"""Who says what is owed."""

__all__ = ["PROVIDERS", "Obligation", "owed"]


def owed(state: Pathway) -> Iterator[Obligation]:
    """Everything that humans owe; nothing after the end."""
    if state.closure is None:
        for provider in PROVIDERS:
            yield from provider(state)
