"""What follows from facts without a human: something is suspended, held or flagged. Nothing is ever given or cleared.

After every step each provider looks at the state and yields what has to follow, until that is recorded.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from schemas.facts import Fact
from schemas.pathway import Pathway
from workflows.rules import ends
from workflows.rules.consequences import invitations, suspension
from workflows.rules.evolve import evolve

Consequence = Callable[[Pathway, datetime, datetime], Iterator[Fact]]
"""What follows in a state, now, from what happened at an instant."""

CONSEQUENCES: tuple[Consequence, ...] = (suspension.suspension, ends.safety_contact, invitations.invitations)
"""Every provider, in order."""


def consequences(state: Pathway, now: datetime, at: datetime) -> Iterator[Fact]:
    """All that follows in ``state`` at ``now`` from what happened ``at``, the consequences of consequences included."""
    settled = False
    while not settled:
        settled = True
        for provider in CONSEQUENCES:
            for fact in list(provider(state, now, at)):
                yield fact
                state = evolve(state, fact, now)
                settled = False
