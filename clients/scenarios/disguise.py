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


class Plain:
    """A pathway as it was recorded, nothing hidden: for what is played again and shown to nobody."""

    def __init__(self, events: Iterable[Event], zone: Zone) -> None:
        self.zone = zone
        self._roles: dict[str, Role | None] = {}
        """Who takes part beside the patient, in the order in which they turn up; None for a sitter."""
        for event in events:
            self._meet(event)

    def _meet(self, event: Event) -> None:
        """Remember whoever turns up with their role."""
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
        if person_id is not None and role is not Role.PATIENT:
            self._roles.setdefault(person_id, role)

    @property
    def people(self) -> dict[str, Role]:
        """Who takes part beside the patient and acts or is told something."""
        return {self.person(one): role for one, role in self._roles.items() if role is not None}

    def person(self, person_id: str) -> str:
        """Who it is."""
        return person_id

    def words(self, text: str) -> str:
        """What was said."""
        return text

    def moment(self, instant: datetime) -> str:
        """An instant as scenarios write it; in UTC where the local reading would be ambiguous."""
        local = instant.astimezone(ZoneInfo(self.zone))
        back = local.replace(tzinfo=None, fold=0).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)
        return wall_clock(local) if back == instant else f"{wall_clock(instant)} UTC"

    def said(self, kind: type[Command], content: Mapping[str, Any]) -> dict[str, Any]:
        """What a command says."""
        del kind
        return dict(content)


class Disguise(Plain):
    """The aliases of one pathway: the same thing always has the same one."""

    def __init__(self, events: Iterable[Event], protocol: Protocol, zone: Zone, weeks: int) -> None:
        super().__init__(events, zone)
        self._moved = timedelta(weeks=weeks)
        self._protocol = protocol
        self._aliases: dict[str, str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        for person_id, role in self._roles.items():
            kind = role.value if role is not None else Seat.SITTER.value
            number = sum(alias.startswith(kind) for alias in self._aliases.values()) + 1
            self._aliases[person_id] = f"{kind}-{number}"

    def person(self, person_id: str) -> str:
        """The alias of somebody."""
        return self._aliases.get(person_id) or self._numbered("id", person_id)

    def words(self, text: str) -> str:
        """Words in the place of a free text."""
        return f"Words {self._number('words', text)}"

    def moment(self, instant: datetime) -> str:
        """The same, whole weeks away at the same time of the local day."""
        if not self._moved:
            return super().moment(instant)  # which of two equal readings of the clock it is would be lost
        local = instant.astimezone(ZoneInfo(self.zone))
        return super().moment((local + self._moved).astimezone(UTC))

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


_ROLES: Final[dict[Seat, Role]] = {
    Seat.PHYSICIAN: Role.PHYSICIAN,
    Seat.THERAPIST: Role.THERAPIST,
    Seat.COORDINATOR: Role.COORDINATOR,
    Seat.BACKUP_PHYSICIAN: Role.PHYSICIAN,
    Seat.ON_CALL: Role.PHYSICIAN,
}
"""What somebody in a place is; a sitter is no clinician and is told nothing."""
