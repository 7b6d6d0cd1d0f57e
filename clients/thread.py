"""The care team's thread, put together from the journal: every version of every message, and who has read which."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from clients.seeing import seen_by
from schemas import facts as f
from schemas.actors import Role
from schemas.base import Instant, Model
from schemas.consents import ReleaseScope
from schemas.events import Event
from schemas.work import Priority


class Version(Model):
    """What a message said at a time."""

    number: int
    at: Instant
    text: str


class Read(Model):
    """Somebody's word that they have read a version."""

    version: int
    person_id: str
    roles: tuple[Role, ...]
    at: Instant


class Message(Model):
    """One message of the thread."""

    id: str
    author_id: str
    to: tuple[Role, ...]
    scope: ReleaseScope
    priority: Priority
    reply_to: str | None
    must_acknowledge: bool
    versions: tuple[Version, ...] = Field(description="Those that may be seen, oldest first.")
    read: tuple[Read, ...] = Field(description="Acknowledgements, oldest first.")
    waits_for: tuple[Role, ...] = Field(description="Who has not acknowledged the version that stands, but has to.")


def thread_of(events: Sequence[Event], person_id: str | None = None) -> tuple[Message, ...]:
    """The thread, oldest message first; with ``person_id`` only what that person may see of it.

    Raises:
        Refused: ``not_of_the_team``: the person never had a place in the team and never acted.
    """
    told = {event.seq for event in (events if person_id is None else seen_by(events, person_id))}
    thread: dict[str, Message] = {}
    for event in events:
        fact, may = event.fact, event.seq in told
        if isinstance(fact, f.ThreadMessagePosted) and may:
            thread[fact.message_id] = Message(
                id=fact.message_id,
                author_id=fact.author_id,
                to=fact.to,
                scope=fact.scope,
                priority=fact.priority,
                reply_to=fact.reply_to,
                must_acknowledge=fact.must_acknowledge,
                versions=(Version(number=1, at=event.recorded_at, text=fact.text),),
                read=(),
                waits_for=fact.to if fact.must_acknowledge else (),
            )
        elif isinstance(fact, f.ThreadMessageRevised) and may:
            _revise(thread, fact, event)
        # Whoever sees a message sees who has read it.
        elif isinstance(fact, f.ThreadMessageAcknowledged) and fact.message_id in thread and event.actor is not None:
            message = thread[fact.message_id]
            read = Read(version=fact.version, person_id=event.actor.id, roles=fact.roles, at=event.recorded_at)
            waits = tuple(role for role in message.waits_for if role not in fact.roles)
            thread[message.id] = message.model_copy(update={"read": (*message.read, read), "waits_for": waits})
    return tuple(thread.values())


def _revise(thread: dict[str, Message], fact: f.ThreadMessageRevised, event: Event) -> None:
    """A new version; who may see this one, but none before it, sees the message from here on."""
    message = thread.get(fact.message_id)
    if message is None:
        return
    version = Version(number=fact.version, at=event.recorded_at, text=fact.text)
    asked = message.to if message.must_acknowledge else ()
    thread[message.id] = message.model_copy(update={"versions": (*message.versions, version), "waits_for": asked})
