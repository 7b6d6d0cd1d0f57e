"""What a recorded pathway would have come to under another protocol: the same commands, said again at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final, TypeAlias

from clients.rederiving import opening_of
from clients.scenarios.disguise import Plain
from clients.scenarios.playing import Player
from clients.scenarios.reading import script_of
from clients.scenarios.recording import document_of, require_said, without_delivery
from schemas.events import Event
from schemas.facts import MessageRequested, WorkItemOpened
from schemas.protocol import Protocol
from schemas.refusals import Refusal

SAME: Final = timedelta(minutes=1)
"""A server keeps a deadline some moments after it; that is no difference."""

Key: TypeAlias = tuple[str, ...]


class Kind(StrEnum):
    """How something differs."""

    REFUSED = "refused"
    MISSING = "missing"
    NEW = "new"
    MOVED = "moved"


@dataclass(frozen=True)
class Difference:
    """One thing that would have been otherwise."""

    kind: Kind
    at: datetime
    what: str
    """Verb, fact, work or template; never what a person said."""
    detail: str = ""


@dataclass(frozen=True)
class Comparison:
    """One pathway under the other protocol."""

    pathway_id: str
    differences: tuple[Difference, ...]
    stopped: str | None = None
    """Why it could not be played to its end."""


def compare(events: Sequence[Event], pathway_id: str, other: Protocol) -> Comparison:
    """Play a journal's commands under ``other``, and tell what differs.

    After a command that the other protocol refuses, what the recorded ones built on it differs, too.

    Raises:
        Refused: ``nothing_to_tell``, ``journal_without_commands``: there is nothing to be played.
    """
    require_said(events)
    document = document_of(events, Plain(events, opening_of(events).zone), other.id)
    play, record = Player(script_of(document, other)).run()
    refusals = [
        Difference(Kind.REFUSED, taken.act.at, _verb(document, taken.act.step), _why(taken.answer))
        for taken in record.taken
        if isinstance(taken.answer, Refusal)
    ]
    found = sorted([*refusals, *_otherwise(events, record.events)], key=lambda one: one.at)
    return Comparison(pathway_id, tuple(found), play.stopped)


def _verb(document: dict[str, list[dict[str, str]]], step: int) -> str:
    return document["steps"][step]["do"]


def _why(refusal: Refusal) -> str:
    return refusal.code if refusal.field is None else f"{refusal.code} ({refusal.field})"


def _otherwise(was: Sequence[Event], would: Sequence[Event]) -> Iterator[Difference]:
    """Facts that are missing, new, or at another time, by their kind and in their order."""
    was, would = without_delivery(was), without_delivery(would)
    matcher = SequenceMatcher(None, [_key(one) for one in was], [_key(one) for one in would], autojunk=False)
    for _, i, k, j, m in matcher.get_opcodes():
        pairs = zip(was[i:k], would[j:m], strict=True) if _ == "equal" else ()
        for before, after in pairs:
            yield from _moved(before, after)
        if _ != "equal":
            yield from (Difference(Kind.MISSING, one.recorded_at, _name(one)) for one in was[i:k])
            yield from (Difference(Kind.NEW, one.recorded_at, _name(one)) for one in would[j:m])


def _moved(before: Event, after: Event) -> Iterator[Difference]:
    told = _instants(before), _instants(after)
    for name, instant in told[0].items():
        later = told[1].get(name)
        if later is not None and abs(later - instant) > SAME:
            yield Difference(Kind.MOVED, before.recorded_at, _name(before), f"{name} {later:%Y-%m-%d %H:%M} UTC")


def _instants(event: Event) -> dict[str, datetime]:
    """What may move: when it was recorded, when work is due, until when an approval lasts."""
    fact = event.fact
    instants = {"then": event.recorded_at}
    if isinstance(fact, WorkItemOpened):
        instants["due"] = fact.item.due_at
    until = getattr(getattr(fact, "approval", None), "valid_until", None)
    return instants if until is None else {**instants, "valid until": until}


def _key(event: Event) -> Key:
    fact = event.fact
    if isinstance(fact, MessageRequested):
        return (fact.type, fact.message.template, fact.message.to_role)
    item = fact.item if isinstance(fact, WorkItemOpened) else None
    kind = item.kind if item is not None else getattr(fact, "kind", "")
    return (fact.type, str(kind), item.subject if item is not None else "")


def _name(event: Event) -> str:
    kind, *more = _key(event)
    return " ".join(one for one in (kind, *more[:1]) if one)
