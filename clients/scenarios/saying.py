"""From what a scenario says somebody does to a whole command: what is left out is said as a sensible team would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from clients.parsing import validated
from clients.scenarios.next_right import an_approval, arrival, calm, said_next
from clients.scenarios.walking import changed
from schemas.actors import Actor
from schemas.commands import ApproveDosing, CheckIn, Command, RecordMeasure
from schemas.measures import Instrument
from schemas.pathway import Pathway

REASON = "As the scenario says."


def command_of(
    kind: type[Command],
    actor: Actor,
    given: Mapping[str, Any],
    state: Pathway,
    now: datetime,
    resolve: Callable[[str], datetime],
    *,
    exactly: bool = False,
) -> Command:
    """The command in full.

    Args:
        kind: The command.
        actor: Who says it.
        given: What the scenario says of its fields, the ``command_id`` among them.
        state: For what a sensible team would say now.
        now: The same.
        resolve: Tells instants.
        exactly: Nothing is completed.

    Raises:
        Refused: That is no such command.
    """

    def dated(schema: Mapping[str, Any], name: str, text: str) -> str:
        del name
        return resolve(text).isoformat() if schema.get("format") == "date-time" else text

    said = {} if exactly else _usual(kind, given, state, now)
    fields = _merged(said, changed(kind, given, dated))
    if kind.needs_reason and not exactly:
        fields.setdefault("reason", REASON)
    return validated(kind, {**fields, "actor": actor.model_dump(mode="json")})


def _usual(kind: type[Command], given: Mapping[str, Any], state: Pathway, now: datetime) -> dict[str, Any]:
    """What is said where the scenario does not say."""
    said: dict[str, Any] = {**kind.example, **_current(kind, state), **said_next(state, now, kind)}
    if kind is CheckIn and state.cycle.session is not None:
        said = arrival(state, state.cycle.session)
    if kind is ApproveDosing:
        said |= an_approval(state)
        if "max_dose_mg" in given:
            said["booster_mg"] = 0
        if state.approval is not None and "request_id" not in given:
            said["expected_version"] = state.version
    if kind is RecordMeasure and given.get("instrument") in list(Instrument):
        said["answers"] = calm(state, Instrument(given["instrument"]))
    usual: dict[str, Any] = to_jsonable_python(said)
    return usual


def _current(kind: type[Command], state: Pathway) -> dict[str, str]:
    """The approval, session and check-in that are meant where none is named."""
    session = state.cycle.session or state.last_session
    current = {
        "approval_id": state.approval.id if state.approval else None,
        "session_id": session.id if session else None,
        "checkin_id": state.checkins.open[0].id if state.checkins.open else None,
    }
    return {name: value for name, value in current.items() if value is not None and name in kind.model_fields}


def _merged(said: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given wins; objects are completed."""
    merged = dict(said)
    for name, value in given.items():
        before = merged.get(name)
        whole = isinstance(before, Mapping) and isinstance(value, Mapping) and name != "answers"
        merged[name] = _merged(before, value) if whole and isinstance(before, Mapping) else value
    return merged
