"""What a deadline is."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from schemas.facts import Fact
from schemas.pathway import Pathway


class Deadline(NamedTuple):
    """A kind of instant at which something happens without anybody acting.

    What lapses must change the state so that the same instant is not due again; otherwise time would stand still.
    """

    reason: str
    instants: Callable[[Pathway], Iterable[tuple[datetime, str]]]
    """The instants that lie ahead or behind, each with its subject."""
    lapsed: Callable[[Pathway, str, datetime], Iterator[Fact]]
    """What happens at the instant of a subject, at a now that may be later."""
