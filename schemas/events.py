"""The event: one fact with who, when and why, chained to the event before it."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self, cast

from pydantic import Field

from schemas.actors import Actor
from schemas.base import Id, Instant, Model, Text
from schemas.commands import Command
from schemas.facts import AnyFact, Fact, ProtocolMoved

CHAIN_START = "0" * 64
"""The hash that the first event of an episode is chained to."""


class Said(Model):
    """A command as it was said, beside who, why and its id: enough to say it again."""

    verb: Id
    content: dict[str, Any]


class Event(Model):
    """One line of the journal. Its hash covers the content and the hash before it, so a change would show."""

    seq: int = Field(ge=1)
    fact: AnyFact
    actor: Actor | None = Field(description="The human who acted; None where the orchestrator kept a deadline.")
    reason: Text | None
    observed_at: Instant
    recorded_at: Instant
    command_id: Id | None
    protocol: Id
    said: Said | None = Field(default=None, description="The command, on the first event that it led to.")
    hash: str = ""

    @classmethod
    def chained(
        cls,
        previous_hash: str,
        *,
        seq: int,
        fact: Fact,
        actor: Actor | None,
        reason: str | None,
        observed_at: datetime,
        recorded_at: datetime,
        command_id: str | None,
        protocol: str,
        said: Said | None = None,
    ) -> Self:
        """The event with its hash, following the event whose hash is ``previous_hash``."""
        event = cls(
            seq=seq,
            fact=cast("AnyFact", fact),
            actor=actor,
            reason=reason,
            observed_at=observed_at,
            recorded_at=recorded_at,
            command_id=command_id,
            protocol=protocol,
            said=said,
        )
        return event.model_copy(update={"hash": event.expected_hash(previous_hash)})

    def expected_hash(self, previous_hash: str) -> str:
        """The hash this event must carry when it follows ``previous_hash``.

        Absent values are left out, so that a later release may add optional fields without breaking older chains.
        """
        content = self.model_dump_json(exclude={"hash"}, exclude_none=True)
        return hashlib.sha256(f"{previous_hash}{content}".encode()).hexdigest()


def events_of(
    facts: Iterable[Fact],
    *,
    version: int,
    previous_hash: str,
    protocol: str,
    observed_at: datetime,
    recorded_at: datetime,
    command: Command | None = None,
) -> list[Event]:
    """The facts of one step as events, chained to each other and to what was recorded before.

    Args:
        facts: In the order in which they are recorded.
        version: How many events there are before them.
        previous_hash: That of the last of these; :data:`CHAIN_START` where there are none.
        protocol: The one in force before the step. What follows a move stands under the other version.
        observed_at: When it happened.
        recorded_at: When it is written down.
        command: What the step obeys; None where no human acted.
    """
    events: list[Event] = []
    said = Said(verb=command.verb, content=command.content()) if command else None
    for fact in facts:
        event = Event.chained(
            previous_hash,
            seq=version + len(events) + 1,
            fact=fact,
            actor=command.actor if command else None,
            reason=command.reason if command else None,
            observed_at=observed_at,
            recorded_at=recorded_at,
            command_id=command.command_id if command else None,
            protocol=protocol,
            said=said,
        )
        events.append(event)
        previous_hash, said = event.hash, None
        if isinstance(fact, ProtocolMoved):
            protocol = fact.after
    return events
