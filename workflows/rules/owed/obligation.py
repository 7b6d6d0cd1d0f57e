"""What an obligation is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.work import Priority, WorkKind


class Obligation(NamedTuple):
    """Something owed: what, about what, when by the facts, and owner and priority if not the rule's."""

    kind: WorkKind
    subject: str
    due_from: datetime | None = None
    due_at: datetime | None = None
    hard_limit: datetime | None = None
    owner: Role | None = None
    acknowledge_by: datetime | None = None
    priority: Priority | None = None


Provider = Callable[[Pathway], Iterator[Obligation]]
"""What humans owe because of one noun."""
