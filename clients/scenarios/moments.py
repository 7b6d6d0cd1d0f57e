"""From how a scenario says when to the instant that is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schemas.base import Zone
from schemas.events import Event
from schemas.facts import DrugAdministered, UnauthorisedAdministration
from schemas.pathway import Pathway
from schemas.scenario.when import EXPIRY, SESSION, START, parsed
from workflows.rules.calendar import at_local_time


class Unknown(Exception):
    """What a moment refers to has not happened; the message says what."""


def dated(text: str, zone: Zone) -> datetime:
    """The instant of a date with a time; in ``zone`` unless it names one.

    A local time that occurs twice means its first occurrence; one that does not exist is shifted forward.
    """
    when = parsed(text)
    if when.day is None or when.clock is None:
        raise Unknown(f"{text} is no date")
    return datetime.combine(when.day, when.clock, ZoneInfo(when.zone or zone)).astimezone(UTC)


@dataclass
class Calendar:
    """What moments refer to."""

    zone: Zone
    starts: datetime
    labels: dict[str, datetime] = field(default_factory=dict)

    def instant(self, text: str, before: datetime, state: Pathway, doses: Mapping[int, datetime]) -> datetime:
        """The instant that ``text`` means.

        Args:
            text: As in the scenario.
            before: The instant of the step before, from which clock times and plain spans count.
            state: For the booked session and the approval.
            doses: The last drug of each session, by its number among those in which drug was given.

        Raises:
            Unknown: It refers to something that has not happened.
        """
        when = parsed(text)
        if when.day is not None:
            return dated(text, self.zone)
        if when.clock is not None:
            return at_local_time(before, when.later_days, when.clock, when.zone or self.zone)
        return self._anchor(when.anchor, before, state, doses) + when.offset

    def _anchor(self, anchor: str | None, before: datetime, state: Pathway, doses: Mapping[int, datetime]) -> datetime:
        if anchor is None:
            return before
        if anchor == START:
            return self.starts
        if anchor == EXPIRY:
            if state.approval is None:
                raise Unknown("there is no approval that could expire")
            return state.approval.valid_until
        if anchor == SESSION:
            if state.cycle.session is None:
                raise Unknown("no session is booked")
            return state.cycle.session.starts_at
        if anchor.startswith(f"{SESSION} "):
            number = int(anchor.removeprefix(f"{SESSION} "))
            if number not in doses:
                raise Unknown(f"no drug was given in session {number}")
            return doses[number]
        if anchor not in self.labels:
            raise Unknown(f"the step {anchor} comes later")
        return self.labels[anchor]


def doses_in(events: Iterable[Event]) -> dict[int, datetime]:
    """The last drug of each session, by its number among those in which drug was given."""
    last: dict[str, datetime] = {}
    for event in events:
        if isinstance(event.fact, DrugAdministered | UnauthorisedAdministration):
            last[event.fact.session_id] = event.fact.dose.given_at
    return dict(enumerate(last.values(), start=1))
