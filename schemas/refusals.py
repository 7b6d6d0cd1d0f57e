"""Refusals: why something was not accepted, in a form that programs can rely on and people can read.

A refusal never quotes what was sent. It travels through logs, failure messages and other people's screens, and what
was sent may be about a patient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

FIELD_MISSING: Final = "field_missing"
UNKNOWN_FIELD: Final = "unknown_field"
NAIVE_DATETIME: Final = "naive_datetime"
UNKNOWN_VALUE: Final = "unknown_value"
INVALID_VALUE: Final = "invalid_value"
WRONG_TYPE: Final = "wrong_type"
MALFORMED_JSON: Final = "malformed_json"
MALFORMED_PAYLOAD: Final = "malformed_payload"
"""Not JSON at all, or in an encoding that nothing here speaks."""
UNDECIPHERABLE_PAYLOAD: Final = "undecipherable_payload"
"""Encrypted, but with no key held here, or altered on the way."""
MALFORMED_COMMAND: Final = "malformed_command"
"""Not exactly the arguments that the verb, or the start, takes."""
UNKNOWN_VERB: Final = "unknown_verb"


class Refusal(BaseModel):
    """A stable code, the field it is about, a sentence for people, and the facts it was decided on."""

    model_config = ConfigDict(frozen=True)

    code: str
    field: str | None = None
    """Dotted path into what was sent; None where it is about the whole."""
    sentence: str
    facts: dict[str, str | int | float | bool | None] = {}


class Unacceptable(ValueError):
    """Raised by a validator of ours; its sentence is shown to the caller, so it is fixed text that quotes no value.

    The text of any other ``ValueError`` is withheld, because it may quote what was sent.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_CODES: Final = {
    "missing": FIELD_MISSING,
    "missing_argument": FIELD_MISSING,
    "union_tag_not_found": FIELD_MISSING,
    "extra_forbidden": UNKNOWN_FIELD,
    "unexpected_keyword_argument": UNKNOWN_FIELD,
    "timezone_aware": NAIVE_DATETIME,
    "enum": UNKNOWN_VALUE,
    "literal_error": UNKNOWN_VALUE,
    "union_tag_invalid": UNKNOWN_VALUE,
    "json_invalid": MALFORMED_JSON,
    "json_type": MALFORMED_JSON,
    "is_instance_of": WRONG_TYPE,
    "none_required": WRONG_TYPE,
}
"""Our code for a pydantic error type; types that end in ``_type`` are :data:`WRONG_TYPE`, others an invalid value."""

_TELLING: Final = re.compile(
    r"enum|literal_error|json_invalid|none_required|finite_number|multiple_of|\w+_type"
    r"|greater_than(_equal)?|less_than(_equal)?|string_too_(short|long)|string_pattern_mismatch"
    r"|(date|datetime|time|time_delta|int|float|bool|decimal)_parsing|datetime_from_date_parsing"
    r"|date_from_datetime_(parsing|inexact)|int_from_float|timezone_\w+"
)
"""Error types whose message by pydantic says only what was expected, never what was sent."""

_TELLING_FACTS: Final = ("expected", "expected_tags", "ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
"""What pydantic adds to an error that comes from our models, not from the sender."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def refusal_from_validation(error: ValidationError) -> Refusal:
    """The first thing that is wrong, without any value that was sent."""
    first, *more = refusals_from_validation(error)
    return first.model_copy(update={"facts": {**first.facts, "problems": 1 + len(more)}}) if more else first


def refusals_from_validation(error: ValidationError) -> list[Refusal]:
    """Everything that is wrong, without any value that was sent; at least one thing is.

    Names of unknown fields are the sender's words too; they are repeated only where they look like a field name.
    """
    return [_refusal(problem) for problem in error.errors(include_input=False, include_url=False)]


def _refusal(problem: ErrorDetails) -> Refusal:
    kind: str = problem["type"]
    context: Mapping[str, Any] = problem.get("ctx", {})
    path = list(problem["loc"])
    if kind == "union_tag_not_found":
        path.append(str(context.get("discriminator", "")).strip("'"))
    field = ".".join(_shown(part) for part in path) or None
    code = _CODES.get(kind) or (WRONG_TYPE if kind.endswith("_type") else INVALID_VALUE)
    facts = {name: context[name] for name in _TELLING_FACTS if isinstance(context.get(name), str | int | float)}
    return Refusal(code=code, field=field, sentence=_sentence(code, field, kind, problem["msg"], context), facts=facts)


def name_or_blank(name: str) -> str:
    """``name`` where it looks like an identifier of at most 64 characters, else a question mark."""
    return name if _NAME.fullmatch(name) else "?"


def _shown(part: int | str) -> str:
    return str(part) if isinstance(part, int) else name_or_blank(part)


def _sentence(code: str, field: str | None, kind: str, message: str, context: Mapping[str, Any]) -> str:
    about = f"The field {field}" if field else "What was sent"
    cause = context.get("error")
    if isinstance(cause, Unacceptable):
        return f"{about} is not acceptable: {cause.sentence.rstrip('.')}."
    if code == FIELD_MISSING:
        return f"{about} is missing."
    if code == UNKNOWN_FIELD:
        return f"{about} is not known here."
    if code == NAIVE_DATETIME:
        return f"{about} needs an offset from UTC, as in 2026-03-01T09:30:00-07:00."
    if kind == "union_tag_invalid":
        return f"{about} is none of {context.get('expected_tags', 'the known kinds')}."
    if _TELLING.fullmatch(kind):
        return f"{about} is not acceptable: {message[:1].lower()}{message[1:].rstrip('.')}."
    return f"{about} is not acceptable."
