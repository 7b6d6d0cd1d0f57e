"""What happened in a scenario: who said what, the answers, the journal and the messages, whichever engine it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from schemas.answers import Receipt
from schemas.commands import Command
from schemas.events import Event
from schemas.facts import MessageRequested
from schemas.messages import Channel, Contact, MessageRequest
from schemas.pathway import Pathway
from schemas.refusals import Refusal
from schemas.scenario import Happening
from workflows.rules.evolve import evolve

KILLED: Final = {
    Happening.WORKER_KILLED: "workers",
    Happening.DATABASE_DOWN: "postgres",
    Happening.SERVER_RESTARTED: "temporal",
}
"""Which part of an installation an outage is of."""


@dataclass(frozen=True)
class Act:
    """One thing that is done at an instant: a command, a raw payload, something that happens, or only waiting."""

    step: int
    at: datetime
    command: Command | None = None
    verb: str | None = None
    """Of a raw payload."""
    payload: Any = None
    happening: Happening | None = None
    person: str | None = None


@dataclass(frozen=True)
class Taken:
    """An act, its answer, and the number of events recorded by the end of it."""

    act: Act
    answer: Receipt | Refusal | None
    version: int


@dataclass(frozen=True)
class Sent:
    """A message that was delivered."""

    message: MessageRequest
    to: Contact
    at: datetime
    version: int
    """Number of the event that asked for it."""
    text: str
    channel: Channel
    rested: bool
    """Whether it did not go at once."""


@dataclass
class Record:
    """Everything that one engine has to show for a scenario."""

    engine: str
    opening: Pathway
    events: Sequence[Event] = ()
    taken: list[Taken] = field(default_factory=list)
    sent: Sequence[Sent] = ()
    broken_at: int | None = None
    """Number of the first event that is not what was written, where the journal was read back."""

    @cached_property
    def states(self) -> list[Pathway]:
        """The state after each number of events, from none on; told from the journal alone."""
        states = [self.opening]
        for event in self.events:
            states.append(evolve(states[-1], event.fact, event.observed_at))
        return states

    def version_at(self, instant: datetime) -> int:
        """How many events had been recorded by an instant."""
        return sum(event.recorded_at <= instant for event in self.events)

    def lines(self) -> list[str]:
        """The journal as text that has to be the same on every engine: all but hashes and the episode's own id."""
        return [
            event.model_dump_json(exclude={"hash"}).replace(self.opening.episode, "episode") for event in self.events
        ]


def requested(events: Iterable[Event]) -> list[tuple[MessageRequest, Event]]:
    """The messages that events asked for, in order."""
    return [(event.fact.message, event) for event in events if isinstance(event.fact, MessageRequested)]
