"""From text to a command or a referral: JSON or YAML in, a strict model or a refusal out.

Both notations end in the same place, JSON, so that they are judged by exactly the same strict models. What either of
them would quietly paper over is refused: a field given twice, a number that is none, a date that YAML would guess.
"""

from __future__ import annotations

import difflib
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from clients.errors import CONFLICTING_VALUE, DUPLICATE_FIELD, TOO_LARGE, Refused, refused
from clients.yaml_text import read_yaml
from schemas.base import Instant
from schemas.commands import COMMANDS, Command
from schemas.refusals import (
    INVALID_VALUE,
    MALFORMED_JSON,
    MALFORMED_PAYLOAD,
    UNKNOWN_VERB,
    WRONG_TYPE,
    name_or_blank,
    refusal_from_validation,
)

MOST_BYTES: Final = 1_000_000
"""Texts above this are not read: Temporal takes payloads of at most 2 MB, and no note is that long."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def parse_command(verb: str, text: str | bytes, defaults: Mapping[str, Any] | None = None) -> Command:
    """The command that ``text`` gives, completed by ``defaults`` and, if it has none, a fresh ``command_id``.

    Args:
        verb: Name of the command.
        text: Its fields as one JSON object or YAML mapping; blank for none.
        defaults: Fields given by other means, such as the actor. One that the text contradicts is refused.

    Raises:
        Refused: The verb is unknown, or the text is not such a command.
    """
    model = command_model(verb)
    fields = parse_object(text) if text.strip() else {}
    for name, value in (defaults or {}).items():
        if fields.setdefault(name, value) != value:
            sentence = f"The field {name} is given in the data and beside it, and the two differ. Give it once."
            raise refused(CONFLICTING_VALUE, sentence, name)
    fields.setdefault("command_id", str(uuid.uuid4()))
    return validated(model, fields)


def parse_instant(text: str, field: str) -> datetime:
    """The instant that ``text`` names, in UTC.

    Raises:
        Refused: It is none, or lacks its offset from UTC.
    """
    try:
        return TypeAdapter(Instant).validate_json(json.dumps(text))
    except ValidationError as error:
        refusal = refusal_from_validation(error)
        raise refused(refusal.code, refusal.sentence.replace("What was sent", f"The field {field}"), field) from None


def command_model(verb: str) -> type[Command]:
    """The model of a verb.

    Raises:
        Refused: There is no such verb; the sentence names the nearest one.
    """
    if verb in COMMANDS:
        return COMMANDS[verb]
    near = difflib.get_close_matches(verb.replace("-", "_").lower(), COMMANDS, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    sentence = f"There is no such verb.{hint} List them with: kap verbs"
    raise refused(UNKNOWN_VERB, sentence, "verb")


def parse_model(model: type[ModelT], text: str | bytes) -> ModelT:
    """The value of type ``model`` that ``text`` gives.

    Raises:
        Refused: The text is no such value.
    """
    return validated(model, parse_object(text))


def parse_models(model: type[ModelT], text: str | bytes) -> list[ModelT]:
    """One or several values: the text is an object or a list of objects.

    Raises:
        Refused: One of them is no such value; the field begins with its place in the list.
    """
    value = _parsed(text)
    if isinstance(value, dict):
        return [validated(model, value)]
    if not isinstance(value, list):
        raise refused(WRONG_TYPE, "What was sent must be an object, or a list of objects.")
    return [validated(model, item, place=place) for place, item in enumerate(value)]


def parse_object(text: str | bytes) -> dict[str, Any]:
    """The fields that a JSON object or YAML mapping gives.

    Raises:
        Refused: It is too long, not UTF-8, malformed, or something else than one object.
    """
    value = _parsed(text)
    if not isinstance(value, dict):
        raise refused(WRONG_TYPE, "What was sent must be one object of named fields.")
    return value


def validated(model: type[ModelT], fields: Any, *, place: int | None = None) -> ModelT:
    """The strict model of what JSON gave.

    Strictly by way of JSON: only there does a text stand for an instant, while a number never stands for a text.

    Raises:
        Refused: With the first thing that is wrong.
    """
    try:
        text = json.dumps(fields, allow_nan=False)
    except ValueError:
        raise refused(INVALID_VALUE, "What was sent holds a number without bounds.") from None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        refusal = refusal_from_validation(error)
    if place is not None:
        field = str(place) if refusal.field is None else f"{place}.{refusal.field}"
        refusal = refusal.model_copy(update={"field": field})
    raise Refused(refusal)


def _parsed(text: str | bytes) -> Any:
    if len(text) > MOST_BYTES:
        raise refused(TOO_LARGE, f"What was sent is longer than {MOST_BYTES} bytes.", limit=MOST_BYTES)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise refused(MALFORMED_PAYLOAD, "What was sent is not text in UTF-8.") from None
    if not text.strip():
        raise refused(MALFORMED_JSON, "Nothing was sent; a JSON object or a YAML mapping is expected.")
    try:
        return _parsed_json(text) if text.lstrip()[0] in "{[" else read_yaml(text)
    except RecursionError:
        raise refused(MALFORMED_JSON, "What was sent is nested too deeply.") from None


def _parsed_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        # The message of the parser says what was expected, never what was there.
        sentence = f"What was sent is not valid JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}."
        raise refused(MALFORMED_JSON, sentence, line=error.lineno, column=error.colno) from None
    except ValueError:  # Python's limit on the digits of a whole number
        raise refused(MALFORMED_JSON, "What was sent holds a number of too many digits.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = name_or_blank(next(name for name in names if names.count(name) > 1))
        raise refused(DUPLICATE_FIELD, f"The field {twice} is given twice.", twice)
    return fields


def _no_constant(name: str) -> NoReturn:
    raise refused(MALFORMED_JSON, f"What was sent is not valid JSON: {name} is no number.")
