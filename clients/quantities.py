"""Every number of a protocol by its dotted path, to be asked about and compared."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from schemas.protocol import Protocol, Quantity

MOST_SUGGESTIONS: Final = 5


class Explained(NamedTuple):
    """A number, where it stands, and what it means."""

    path: str
    quantity: Quantity
    meaning: str
    """Description of the field in the model; empty where its name says it all."""


def quantities(protocol: Protocol) -> list[Explained]:
    """Every number, in the order of the document."""
    return list(_walk(protocol, "", ""))


def _walk(value: Any, path: str, meaning: str) -> Iterator[Explained]:
    if isinstance(value, Quantity):
        yield Explained(path, value, meaning)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _walk(getattr(value, name), f"{path}.{name}".lstrip("."), field.description or meaning)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}".lstrip("."), meaning)
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{path}.{number}", meaning)


def found(protocol: Protocol, wanted: str) -> list[Explained]:
    """The numbers whose path is, begins with, or contains what is wanted."""
    everything = quantities(protocol)
    exact = [one for one in everything if one.path == wanted]
    return exact or [one for one in everything if wanted.casefold() in one.path.casefold()]


def suggestions(protocol: Protocol, wanted: str) -> list[str]:
    """Paths that are spelled much like what is wanted."""
    return difflib.get_close_matches(wanted, [one.path for one in quantities(protocol)], MOST_SUGGESTIONS, 0.5)


class Difference(NamedTuple):
    """A number that differs between two protocols; None where it is only in the other one."""

    path: str
    before: Quantity | None
    after: Quantity | None


def differences(before: Protocol, after: Protocol) -> list[Difference]:
    """What changed in value or unit, in the order of the newer document, then what is gone."""
    old = {one.path: one.quantity for one in quantities(before)}
    new = {one.path: one.quantity for one in quantities(after)}
    changed = [
        Difference(path, old.get(path), now)
        for path, now in new.items()
        if path not in old or (old[path].value, old[path].unit) != (now.value, now.unit)
    ]
    return changed + [Difference(path, was, None) for path, was in old.items() if path not in new]
