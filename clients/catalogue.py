"""The verbs as something to read: who may, what it records, its schema and an example that works."""

from __future__ import annotations

import inspect
import json
import uuid
from dataclasses import dataclass
from typing import Any

from activities.protocols import load_protocol
from schemas.actors import Role
from schemas.commands import ALL_COMMANDS, Command, MoveProtocol

_PEOPLE = {
    Role.PHYSICIAN: "dr-sage",
    Role.THERAPIST: "th-fern",
    Role.NURSE: "nu-reed",
    Role.COORDINATOR: "co-moss",
    Role.PATIENT: "p-3f9c2a",
}
"""Invented people for examples, in the order in which one is chosen."""


@dataclass(frozen=True)
class Verb:
    """One line of the list."""

    verb: str
    by: list[str]
    needs_reason: bool
    may_be_late: bool
    summary: str


@dataclass(frozen=True)
class ExplainedVerb(Verb):
    """A verb with all that is needed to use it."""

    example: dict[str, Any]
    usage: str
    schema: dict[str, Any]


def all_verbs() -> list[Verb]:
    """Every verb, in the order of the protocol."""
    return [_line(command) for command in ALL_COMMANDS]


def explained(command: type[Command]) -> ExplainedVerb:
    """What there is to know about one verb."""
    fields = example_fields(command)
    role = _actor_of(command)
    complete = {
        "command_id": str(uuid.UUID(int=1, version=4)),
        "actor": {"id": _PEOPLE[role], "role": role.value},
        **fields,
    }
    usage = command.usage or _usage(command, role, fields)
    return ExplainedVerb(**vars(_line(command)), example=complete, usage=usage, schema=command.model_json_schema())


def _usage(command: type[Command], role: Role, fields: dict[str, Any]) -> str:
    usage = f"kap do p-3f9c2a {command.verb} --as {role}:{_PEOPLE[role]}"
    return usage + (f" --data - <<'END'\n{json.dumps(fields)}\nEND" if fields else "")


def example_fields(command: type[Command]) -> dict[str, Any]:
    """The fields of a command that is typical for its verb, without id and actor."""
    reason = {"reason": "Discussed with the patient."} if command.needs_reason else {}
    if command is MoveProtocol:
        return reason | {"protocol": load_protocol("kap-default").model_dump(mode="json", exclude_none=True)}
    return reason | command.example


def _line(command: type[Command]) -> Verb:
    roles = [role.value for role in _PEOPLE if role in command.by]
    summary = inspect.getdoc(command) or ""
    return Verb(command.verb, roles, command.needs_reason, command.may_be_late, summary)


def _actor_of(command: type[Command]) -> Role:
    return next(role for role in _PEOPLE if role in command.by)
