"""What an obligation is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.work import WorkKind


class Obligation(NamedTuple):
    """Something owed: what, about what, the instants the facts give for it, and its owner if not the rule's."""

    kind: WorkKind
    subject: str
    due_from: datetime | None = None
    due_at: datetime | None = None
    hard_limit: datetime | None = None
    owner: Role | None = None
    acknowledge_by: datetime | None = None


Provider = Callable[[Pathway], Iterator[Obligation]]
"""What humans owe because of one noun."""
