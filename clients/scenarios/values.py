"""Values by dotted path: whether a path can exist in a model, and what is there in an instance."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

MISSING: Final = object()
"""There is nothing."""


def kinds_at(model: type[BaseModel], dotted: str) -> list[Any] | str:
    """What may stand at a path, or the first part of it that no instance of ``model`` has.

    Items of a list are named by number, and what a mapping holds by its key, which is not judged.
    """
    kinds: list[Any] = [model]
    for part in dotted.split("."):
        inner = [found for kind in kinds for found in _inside(kind, part)]
        if not inner:
            return part
        kinds = inner
    return kinds


def is_instant(kind: Any) -> bool:
    """Whether a value of this kind may be an instant."""
    if get_origin(kind) in (Union, types.UnionType, Annotated):
        return any(is_instant(one) for one in get_args(kind))
    return kind in (datetime, AwareDatetime)


def _inside(kind: Any, part: str) -> list[Any]:
    """What ``part`` of a value of this kind may be."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _inside(get_args(kind)[0], part)
    if origin in (Union, types.UnionType):
        return [found for one in get_args(kind) for found in _inside(one, part)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(part)
        return [] if field is None else [field.annotation]
    if origin in (tuple, list):
        return [get_args(kind)[0]] if part.isdecimal() else []
    if origin in (dict, Mapping):
        return [get_args(kind)[1]]
    return []


def value_at(value: Any, dotted: str) -> Any:
    """What stands at a path; :data:`MISSING` where nothing does."""
    for part in dotted.split("."):
        if isinstance(value, BaseModel):
            value = getattr(value, part, MISSING)
        elif isinstance(value, Mapping):
            value = next((inner for key, inner in value.items() if str(key) == part), MISSING)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else MISSING
        else:
            return MISSING
    return value
