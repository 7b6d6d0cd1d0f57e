"""Through what a command says, with the schema of each text beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from schemas.commands import Command

Change: TypeAlias = Callable[[Mapping[str, Any], str, str], str]
"""From a text's schema, the name of its field and the text itself to what stands there instead."""


def changed(kind: type[Command], content: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """The content with every text changed. What no such command has is gone through as well, with an empty schema."""
    schema = _schema(kind)
    whole: dict[str, Any] = _changed(schema, schema.get("$defs", {}), "", dict(content), change)
    return whole


def _changed(schema: Mapping[str, Any], models: Mapping[str, Any], name: str, value: Any, change: Change) -> Any:
    if "$ref" in schema:
        return _changed(models[schema["$ref"].rpartition("/")[2]], models, name, value, change)
    options = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if options:
        return _changed(options[0], models, name, value, change)
    if isinstance(value, dict):
        fields, others = schema.get("properties", {}), _others(schema)
        return {key: _changed(fields.get(key, others), models, key, one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(schema.get("items", {}), models, name, one, change) for one in value]
    return change(schema, name, value) if isinstance(value, str) else value


def _others(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of values whose keys are no fields: states of licence, questions, kinds of consent."""
    patterns = list(schema.get("patternProperties", {}).values())
    others = patterns[0] if patterns else schema.get("additionalProperties")
    return others if isinstance(others, Mapping) else {}


@cache
def _schema(kind: type[Command]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(kind.model_json_schema()))
    return document
