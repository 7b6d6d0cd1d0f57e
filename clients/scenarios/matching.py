"""Whether something that happened is what is expected, and how both are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from clients.scenarios.casting import matches_person, zone_of
from clients.scenarios.reading import TIME, Script
from clients.scenarios.record import Sent
from clients.scenarios.values import MISSING, value_at
from schemas.events import Event
from schemas.messages import Template
from schemas.scenario import FactMatch, OwedMatch, SentMatch
from schemas.scenario.when import wall_clock
from schemas.work import WorkItem, WorkKind

Resolve = Callable[[str], datetime]


class Matcher:
    """Compares for one scenario.

    Args:
        script: For people and zones.
        resolve: Tells instants, from the place of the expectation.
    """

    def __init__(self, script: Script, resolve: Resolve) -> None:
        self._script = script
        self._resolve = resolve
        self._zone = ZoneInfo(script.scenario.zone)

    def same(self, actual: Any, expected: Any) -> bool:
        """Whether a value is the expected one. Of objects only what is expected is looked at."""
        if isinstance(actual, datetime):
            return isinstance(expected, str) and actual == self._resolve(expected)
        if isinstance(expected, Mapping):
            return all(self.same(value_at(actual, str(path)), one) for path, one in expected.items())
        if isinstance(expected, list | tuple):
            whole = isinstance(actual, Sequence) and not isinstance(actual, str) and len(actual) == len(expected)
            return whole and all(self.same(one, other) for one, other in zip(actual, expected, strict=True))
        if actual is MISSING or actual is None:
            return expected is None
        if isinstance(actual, Enum):
            return bool(actual.value == expected)
        return bool(actual == expected) and isinstance(actual, bool) is isinstance(expected, bool)

    def is_owed(self, item: WorkItem, match: WorkKind | OwedMatch) -> bool:
        """Whether it is the work that is meant."""
        if isinstance(match, WorkKind):
            return item.kind is match
        given = match.model_dump(exclude={"kind", "owner"}, exclude_none=True)
        if match.owner is not None and not matches_person(match.owner, item.owner_id, item.owner_role):
            return False
        names = {"due": "due_at"}
        fields = {names.get(name, name): value for name, value in given.items()}
        return item.kind is match.kind and self.same(item, fields)

    def is_sent(self, sent: Sent, match: Template | SentMatch) -> bool:
        """Whether it is the message that is meant."""
        if isinstance(match, Template):
            return sent.message.template is match
        local = sent.at.astimezone(ZoneInfo(sent.to.zone))
        day_or_time = f"{local:%Y-%m-%d %H:%M}" if match.local and " " in match.local else f"{local:%H:%M}"
        return (
            match.template in (None, sent.message.template)
            and (match.to is None or matches_person(match.to, sent.to.id, sent.to.role))
            and (match.at is None or sent.at == self._resolve(match.at))
            and match.local in (None, day_or_time)
            and match.channel in (None, sent.channel)
            and match.about in (None, sent.message.about)
            and (match.speaks_of is None or sent.message.at == self._resolve(match.speaks_of))
            and (match.says is None or match.says in " ".join(sent.text.split()))
        )

    def is_event(self, event: Event, match: str | FactMatch) -> bool:
        """Whether it is the event that is meant."""
        if isinstance(match, str):
            return event.fact.type == match
        if match.by == TIME:
            right_actor = event.actor is None
        elif match.by is None:
            right_actor = True
        else:
            actor = event.actor
            right_actor = actor is not None and matches_person(match.by, actor.id, actor.role)
        return (
            event.fact.type == match.fact
            and right_actor
            and (match.at is None or event.recorded_at == self._resolve(match.at))
            and (match.observed is None or event.observed_at == self._resolve(match.observed))
            and self.same(event.fact, match.where)
        )

    # Telling

    def told(self, value: Any) -> str:
        """A value in the words of a scenario file."""
        if isinstance(value, datetime):
            return wall_clock(value.astimezone(self._zone))
        if value is MISSING or value is None:
            return "nothing"
        if isinstance(value, BaseModel):
            return self.told({name: one for name, one in value if one not in (None, (), {})})
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{name}: {self.told(one)}" for name, one in value.items()) + "}"
        if isinstance(value, list | tuple):
            return "[" + ", ".join(self.told(one) for one in value) + "]"
        return str(to_jsonable_python(value))

    def told_work(self, items: Sequence[WorkItem]) -> str:
        """Open work, told shortly."""
        return "; ".join(
            f"{item.kind} by {item.owner_id or item.owner_role}, due {self.told(item.due_at)}, subject {item.subject}"
            for item in items
        )

    def told_sent(self, sent: Sequence[Sent]) -> str:
        """Messages, told shortly."""
        return "; ".join(
            f"{one.message.template} to {one.to.id if one.to.role != 'patient' else 'patient'} at {self.told(one.at)}"
            for one in sent
        )

    def told_events(self, events: Sequence[Event]) -> str:
        """Facts, told shortly."""
        return "; ".join(f"{event.fact.type} at {self.told(event.recorded_at)}" for event in events)

    def zone_of(self, person: str) -> ZoneInfo:
        """Where somebody is."""
        return ZoneInfo(zone_of(self._script, person))
