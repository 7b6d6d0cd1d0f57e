"""What keeps a recorded pathway from telling whom it is about: aliases, other words, moved dates.

Roles, doses, measurements, scores, medicines and states of residence stay, because the course depends on them. What
it hides does not make a file anonymous for somebody who knows the patient; keep it as other records without names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from clients.scenarios.walking import changed
from schemas.actors import Role, Seat
from schemas.base import Zone, is_zone
from schemas.commands import Command
from schemas.events import Event
from schemas.facts import CareTeamChanged, MessageRequested, ReferralAccepted
from schemas.protocol import Protocol
from schemas.scenario.when import wall_clock
from workflows.rules.medications import classify

MEDICINES: Final = frozenset({"names", "name", "new_medicines"})
"""Fields that name a medicine: what the protocol recognises stays, since something follows from it."""

OUTSIDE: Final = frozenset({"lot", "reference", "practice_id", "therapist_practice_id", "other_pathway_id"})
"""Fields with ids that others have given."""

NO_HASH: Final = "0" * 64


class Disguise:
    """The aliases of one pathway: the same thing always has the same one."""

    def __init__(self, events: Iterable[Event], protocol: Protocol, zone: Zone, weeks: int) -> None:
        self.zone = zone
        self.people: dict[str, Role] = {}
        """Who takes part beside the patient, by alias."""
        self._moved = timedelta(weeks=weeks)
        self._protocol = protocol
        self._aliases: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        for event in events:
            self._meet(event)

    def _meet(self, event: Event) -> None:
        """Give whoever turns up an alias by their role."""
        fact = event.fact
        if event.actor is not None:
            self._named(event.actor.id, event.actor.role)
        if isinstance(fact, ReferralAccepted):
            for seat in Seat:
                self._named(fact.care_team.seated(seat), _ROLES.get(seat))
        elif isinstance(fact, CareTeamChanged):
            self._named(fact.joined_id, _ROLES.get(fact.seat))
        elif isinstance(fact, MessageRequested):
            self._named(fact.message.to_id, fact.message.to_role)

    def _named(self, person_id: str | None, role: Role | None) -> None:
        if person_id is None or role is Role.PATIENT or person_id in self._aliases:
            return
        kind = role.value if role is not None else Seat.SITTER.value
        number = sum(alias.startswith(kind) for alias in self._aliases.values()) + 1
        self._aliases[person_id] = f"{kind}-{number}"
        if role is not None:
            self.people[self._aliases[person_id]] = role

    def person(self, person_id: str) -> str:
        """The alias of somebody."""
        return self._aliases.get(person_id) or self._numbered("id", person_id)

    def words(self, text: str) -> str:
        """Words in the place of a free text."""
        return f"Words {self._number('words', text)}"

    def moment(self, instant: datetime) -> str:
        """An instant as scenarios write it, moved; in UTC where the local reading would be ambiguous."""
        moved = self.moved(instant)
        local = moved.astimezone(ZoneInfo(self.zone))
        back = local.replace(tzinfo=None, fold=0).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        return wall_clock(local) if back == moved else f"{wall_clock(moved)} UTC"

    def moved(self, instant: datetime) -> datetime:
        """An instant that lies whole weeks away, at the same time of the local day."""
        if not self._moved:
            return instant  # which of two equal readings of the clock it is would be lost
        local = instant.astimezone(ZoneInfo(self.zone))
        return (local + self._moved).astimezone(UTC)

    def said(self, kind: type[Command], content: Mapping[str, Any]) -> dict[str, Any]:
        """What a command says, in disguise."""
        return changed(kind, content, self._hidden)

    def _hidden(self, schema: Mapping[str, Any], name: str, text: str) -> str:
        if schema.get("format") == "date-time":
            return self.moment(datetime.fromisoformat(text))
        if schema.get("format") == "date":
            return (date.fromisoformat(text) + self._moved).isoformat()
        if "enum" in schema or "const" in schema:
            return text
        if "pattern" in schema:
            return self._id(name, text)
        if name in MEDICINES:
            return self._medicine(text)
        return text if is_zone(text) else self.words(text)

    def _id(self, name: str, text: str) -> str:
        if name == "document_hash":
            return NO_HASH
        return self._numbered("id", text) if name in OUTSIDE else self._aliases.get(text, text)

    def _medicine(self, name: str) -> str:
        rules = self._protocol.medications
        known = rules is not None and classify([name], rules)[0].recognised
        return name if known else f"unknown medicine {self._number('medicine', name)}"

    def _numbered(self, kind: str, text: str) -> str:
        return f"{kind}-{self._number(kind, text)}"

    def _number(self, kind: str, text: str) -> int:
        of_kind = sum(known == kind for known, _ in self._numbers)
        return self._numbers.setdefault((kind, text), of_kind + 1)


class Undisguised(Disguise):
    """Nothing hidden: for what is played again and shown to nobody."""

    def __init__(self, events: Iterable[Event], protocol: Protocol, zone: Zone) -> None:
        super().__init__(events, protocol, zone, weeks=0)
        self.people = {person: self.people[alias] for person, alias in self._aliases.items() if alias in self.people}

    def person(self, person_id: str) -> str:
        """Who it is."""
        return person_id

    def words(self, text: str) -> str:
        """What was said."""
        return text

    def said(self, kind: type[Command], content: Mapping[str, Any]) -> dict[str, Any]:
        """What a command says."""
        del kind
        return dict(content)


_ROLES: Final[dict[Seat, Role]] = {
    Seat.PHYSICIAN: Role.PHYSICIAN,
    Seat.THERAPIST: Role.THERAPIST,
    Seat.COORDINATOR: Role.COORDINATOR,
    Seat.BACKUP_PHYSICIAN: Role.PHYSICIAN,
    Seat.ON_CALL: Role.PHYSICIAN,
}
"""What somebody in a place is; a sitter is no clinician and is told nothing."""
