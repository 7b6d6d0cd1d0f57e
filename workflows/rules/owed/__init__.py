"""Everything that humans owe in a state: each provider speaks for one noun."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from workflows.rules.ends import NOBODY_TO_ASK
from workflows.rules.owed import (
    approval,
    checkins,
    consents,
    course,
    identity,
    pace,
    preparation,
    reaching,
    regulation,
    risk,
    safety,
    screening,
    session,
    supply,
    team,
    thread,
)
from workflows.rules.owed.obligation import Obligation, Provider

PROVIDERS: tuple[Provider, ...] = (
    safety.owed,
    identity.owed,
    course.owed,
    consents.owed,
    screening.owed,
    approval.owed,
    preparation.owed,
    pace.owed,
    regulation.owed,
    team.owed,
    thread.owed,
    supply.owed,
    session.owed,
    course.reviews,
    course.requests,
    risk.owed,
    checkins.owed,
    reaching.owed,
)
"""Who says what is owed while care goes on."""

AFTER_THE_END: tuple[Provider, ...] = (
    safety.owed,
    regulation.remaining,
    risk.remaining,
    supply.remaining,
    checkins.owed,
    course.requests,
    thread.owed,
    reaching.owed,
)
"""Who still says what is owed once care has ended."""

WITHOUT_THE_PATIENT: tuple[Provider, ...] = (safety.owed, regulation.remaining, supply.remaining)
"""Of these, what does not need the patient: it is owed also after a transfer or a death."""

__all__ = ["PROVIDERS", "Obligation", "owed"]


def owed(state: Pathway) -> Iterator[Obligation]:
    """Everything that humans owe; after the end of care what the safety contact asks for, and then nothing."""
    if state.closure is None:
        for provider in _asked(state):
            yield from provider(state)


def _asked(state: Pathway) -> tuple[Provider, ...]:
    if state.ending is None:
        return PROVIDERS
    return WITHOUT_THE_PATIENT if state.ending.end in NOBODY_TO_ASK else AFTER_THE_END
