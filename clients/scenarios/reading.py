"""Scenario files: read strictly, and refused with file, line and field."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from activities.protocols import ProtocolInvalid, load_protocol
from clients.errors import Refused, refused
from clients.parsing import MOST_BYTES
from clients.scenarios.values import is_instant, kinds_at
from clients.yaml_text import Path as Place
from clients.yaml_text import read_yaml_with_lines
from schemas.actors import Role
from schemas.answers import Status
from schemas.commands import COMMANDS
from schemas.facts import AnyFact
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.refusals import (
    INVALID_VALUE,
    MALFORMED_PAYLOAD,
    UNKNOWN_FIELD,
    UNKNOWN_VALUE,
    UNKNOWN_VERB,
    Unacceptable,
    refusal_from_validation,
)
from schemas.scenario import FactMatch, Member, Scenario
from schemas.scenario.when import parsed
from schemas.treatment import Approval

FACTS: Final[dict[str, type[BaseModel]]] = {
    kind.model_fields["type"].default: kind for kind in get_args(get_args(AnyFact)[0])
}
"""Models of facts by type."""

CAST: Final = {
    "dr-sage": Member(role=Role.PHYSICIAN),
    "th-fern": Member(role=Role.THERAPIST),
    "nu-reed": Member(role=Role.NURSE),
    "co-moss": Member(role=Role.COORDINATOR),
}
"""Who takes part where a scenario does not say."""

PATIENT: Final = "patient"
TIME: Final = "time"
"""Who acts where nobody does."""


@dataclass(frozen=True)
class Script:
    """A scenario that was read, with the line of everything in it."""

    file: str
    scenario: Scenario
    protocol: Protocol
    lines: Mapping[Place, int]

    @property
    def people(self) -> Mapping[str, Member]:
        """Everybody beside the patient."""
        given = self.scenario.people
        roles = {member.role for member in given.values()}
        return {**given, **{name: member for name, member in CAST.items() if member.role not in roles}}

    def line(self, *place: str | int) -> int:
        """The line of a place, or of what is around it."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_script(path: Path) -> Script:
    """The scenario in a file.

    Raises:
        Refused: With file, line and field of the first thing that is wrong.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise refused("file_unreadable", f"The file {path} cannot be read: {error.strerror}.", "file") from None
    except UnicodeDecodeError:
        raise refused(MALFORMED_PAYLOAD, f"{path}: it is not text in UTF-8.") from None
    if len(data) > MOST_BYTES:
        raise refused("too_large", f"{path}: it is longer than {MOST_BYTES} bytes.")
    return parsed_script(text, path)


def parsed_script(text: str, path: Path) -> Script:
    """The scenario that a text gives; ``path`` is where it stands, for errors and for files beside it."""
    try:
        document, lines = read_yaml_with_lines(text)
    except Refused as problem:
        raise _at(path, problem.refusal.facts.get("line"), problem) from None
    except RecursionError:
        raise refused(MALFORMED_PAYLOAD, f"{path}: it is nested too deeply.") from None
    try:
        scenario = Scenario.model_validate_json(json.dumps(document, allow_nan=False))
    except ValidationError as error:
        place, refusal = _place(error, lines), refusal_from_validation(error)
        field = ".".join(str(part) for part in place)
        sentence = refusal.sentence.replace(refusal.field, field) if refusal.field and field else refusal.sentence
        refusal = refusal.model_copy(update={"field": field or None, "sentence": sentence})
        raise _at(path, _line(lines, place), Refused(refusal)) from None
    script = Script(str(path), scenario, _protocol(path, scenario, lines), lines)
    for where, wrong in _problems(script):
        raise _at(path, script.line(*where), wrong)
    return script


def script_of(document: Any, protocol: Protocol) -> Script:
    """The scenario that data give which our own code made; it stands in no file."""
    return Script("recorded", Scenario.model_validate_json(json.dumps(document, allow_nan=False)), protocol, {})


def _place(error: ValidationError, lines: Mapping[Place, int]) -> Place:
    """Where the first problem stands. What pydantic adds for unions is no place in the file."""
    place: Place = ()
    for part in error.errors(include_input=False, include_url=False)[0]["loc"]:
        if (*place, part) in lines:
            place = (*place, part)
    return place


def _line(lines: Mapping[Place, int], place: Place) -> int:
    return lines.get(place, 1)


def _at(path: Path, line: Any, problem: Refused) -> Refused:
    """The same refusal, which says where."""
    refusal = problem.refusal
    where = f"{path}:{line}" if line is not None else str(path)
    facts = {**refusal.facts, "line": line}
    return Refused(refusal.model_copy(update={"sentence": f"{where}: {refusal.sentence}", "facts": facts}))


def _protocol(path: Path, scenario: Scenario, lines: Mapping[Place, int]) -> Protocol:
    name = scenario.protocol
    if "/" in name or name.endswith((".yaml", ".yml")):
        name = str(path.parent / name)
    try:
        protocol = load_protocol(name)
    except ProtocolInvalid as invalid:
        raise _at(path, _line(lines, ("protocol",)), Refused(invalid.refusal)) from None
    if not scenario.overrides:
        return protocol
    document = json.loads(protocol.model_dump_json())
    for dotted, value in scenario.overrides.items():
        line = _line(lines, ("overrides", dotted))
        if not _overridden(document, dotted.split("."), value):
            raise _at(path, line, refused(UNKNOWN_FIELD, f"The protocol has no value {dotted}.", f"overrides.{dotted}"))
    try:
        return Protocol.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise _at(path, _line(lines, ("overrides",)), Refused(refusal_from_validation(error))) from None


def _overridden(document: Any, path: list[str], value: Any) -> bool:
    """Put a value at a path. A quantity keeps its unit and source, and gets another value."""
    *parents, last = path
    for parent in parents:
        document = document.get(parent) if isinstance(document, dict) else None
    if not isinstance(document, dict) or last not in document:
        return False
    if isinstance(document[last], dict) and "provenance" in document[last] and not isinstance(value, dict):
        document, last = document[last], "value"
    document[last] = value
    return True


def _problems(script: Script) -> Iterator[tuple[Place, Refused]]:
    """What the models alone do not see: names that mean nothing."""
    labels: set[str] = set()
    for number, step in enumerate(script.scenario.steps):
        place: Place = ("steps", number)
        for name in ("by", "to"):
            if (person := getattr(step, name)) is not None:
                yield from _person(script, person, (*place, name), exactly_one=name == "by")
        for name in ("do", "send"):
            if (verb := getattr(step, name)) is not None:
                yield from _verb(verb, (*place, name))
        if step.do is not None:
            yield from _fields(step.do, step.with_ or {}, (*place, "with"))
        if step.go_on is not None:
            for verb, fields in step.go_on.saying.items():
                yield from _verb(verb, (*place, "go_on", "saying", verb))
                yield from _fields(verb, fields, (*place, "go_on", "saying", verb))
            if step.go_on.past is not None:
                yield from _verb(step.go_on.past, (*place, "go_on", "past"))
        if step.label is not None:
            if step.label in labels or step.label in ("start", "expiry", "session"):
                yield (*place, "label"), refused(INVALID_VALUE, "Another step has this label, or it has a meaning.")
            labels.add(step.label)
    yield from _expectations(script, labels)


def _person(script: Script, name: str, place: Place, *, exactly_one: bool) -> Iterator[tuple[Place, Refused]]:
    if name == PATIENT or name in script.people:
        return
    of_role = [one for one, member in script.people.items() if member.role == name]
    if not of_role:
        yield (
            place,
            refused(UNKNOWN_VALUE, f"Nobody here is called {name}.{_near(name, script.people)}", str(place[-1])),
        )
    elif len(of_role) > 1 and exactly_one:
        several = ", ".join(of_role)
        yield place, refused(UNKNOWN_VALUE, f"More than one is a {name}: say which of {several}.", str(place[-1]))


def _verb(verb: str, place: Place) -> Iterator[tuple[Place, Refused]]:
    if verb not in COMMANDS:
        sentence = f"There is no verb {verb}.{_near(verb, COMMANDS)} List them with: kap verbs"
        yield place, refused(UNKNOWN_VERB, sentence, str(place[-1]))


def _fields(verb: str, fields: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, Refused]]:
    model = COMMANDS.get(verb)
    for field in fields if model is not None else ():
        if model is not None and field not in model.model_fields:
            sentence = f"{verb} has no field {field}.{_near(field, model.model_fields)}"
            yield (*place, field), refused(UNKNOWN_FIELD, sentence, field)


def _near(word: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _expectations(script: Script, labels: set[str]) -> Iterator[tuple[Place, Refused]]:
    """Walk everything that is expected: facts, people, paths and moments in it have to exist."""
    scenario = script.scenario
    for number, step in enumerate(scenario.steps):
        yield from _walk(script, step, ("steps", number), labels)
    for number, never in enumerate(scenario.never):
        yield from _walk(script, never, ("never", number), labels)
    for number, fact in enumerate(scenario.journal):
        yield from _fact(script, fact, ("journal", number))
        yield from _walk(script, fact, ("journal", number), labels)


def _walk(script: Script, value: Any, place: Place, labels: set[str]) -> Iterator[tuple[Place, Refused]]:
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _walk(script, one, (*place, number), labels)
    if not isinstance(value, BaseModel):
        return
    for name in type(value).model_fields:
        inner, here = getattr(value, name), (*place, name)
        if name in ("at", "since", "until", "due", "observed", "next_deadline", "acknowledge_by", "speaks_of"):
            yield from _anchor(inner, here, labels)
        elif name in ("status", "state", "approval", "where"):
            yield from _paths(value, name, inner, here)
        elif name in ("owner", "to", "by") and inner is not None and inner != TIME:
            yield from _person(script, inner, here, exactly_one=False)
        elif name in ("journal", "not_journal"):
            for number, one in enumerate(inner if isinstance(inner, tuple) else [inner]):
                yield from _fact(script, one, (*here, number))
        if isinstance(inner, BaseModel | tuple):
            yield from _walk(script, inner, here, labels)


def _anchor(text: str | None, place: Place, labels: set[str]) -> Iterator[tuple[Place, Refused]]:
    anchor = parsed(text).anchor if text is not None else None
    if anchor is not None and anchor not in labels | {"start", "expiry", "session"} and " " not in anchor:
        yield place, refused(UNKNOWN_VALUE, f"No step has the label {anchor}.", str(place[-1]))


def _fact(script: Script, match: Any, place: Place) -> Iterator[tuple[Place, Refused]]:
    del script
    if match is None:
        return
    kind = match.fact if isinstance(match, FactMatch) else match
    if kind not in FACTS:
        yield place, refused(UNKNOWN_VALUE, f"There is no fact {kind}.{_near(kind, FACTS)}", "journal")


def _paths(owner: BaseModel, name: str, values: Any, place: Place) -> Iterator[tuple[Place, Refused]]:
    models: dict[str, type[BaseModel]] = {"status": Status, "state": Pathway, "approval": Approval}
    model = FACTS.get(owner.fact) if isinstance(owner, FactMatch) else models.get(name)
    if model is None:
        return
    for dotted, expected in (values or {}).items():
        kinds = kinds_at(model, dotted)
        if isinstance(kinds, str):
            yield (*place, dotted), refused(UNKNOWN_FIELD, f"There is no {kinds} in {name} here.", dotted)
        elif isinstance(expected, str) and any(is_instant(kind) for kind in kinds):
            try:
                parsed(expected)
            except Unacceptable as problem:
                yield (*place, dotted), refused(INVALID_VALUE, f"{dotted}: {problem.sentence}.", dotted)
