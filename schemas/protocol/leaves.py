"""Everything that a protocol says, value by value, each under its dotted path: to be asked about and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from enum import Enum
from typing import Any, Final, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.protocol.document import Protocol
from schemas.protocol.quantity import Provenance, Quantity, Unit

_PROSE: Final = frozenset(
    ("id", "version", "title", "signature", "source", "conflict", "provenance", "note", "advice", "loinc", "licence")
)
"""Fields that tell of the others and decide nothing."""


WITHOUT_UNIT: Final = "(without unit)"
"""What stands for the unit of a number whose field names none: a slip of the model."""


class Leaf(NamedTuple):
    """One value, where it stands, and what it is founded on: by itself, or as a part of what it stands in."""

    path: str
    value: float | str | bool
    unit: str
    """Empty for a word, or for yes and no."""
    provenance: Provenance | None
    """None where neither the value nor what it stands in says it; its source then does."""
    source: str
    conflict: str
    meaning: str
    """Description of the field in the model; empty where its name says it all."""

    @property
    def numeric(self) -> bool:
        """Whether it is a number, a date or a time of day."""
        return bool(self.unit)

    @property
    def written(self) -> str:
        """The value with its unit."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        value = self.value if isinstance(self.value, str) else f"{self.value:g}"
        return f"{value} {self.unit}".rstrip() if not isinstance(self.value, str) else value


class _Standing(NamedTuple):
    """What the models around a value say of it."""

    provenance: Provenance | None = None
    source: str = ""
    conflict: str = ""
    meaning: str = ""
    unit: str = ""


def leaves(protocol: Protocol) -> Iterator[Leaf]:
    """Every value, in the order of the models."""
    return _walk(protocol, "", _Standing())


def numbers(protocol: Protocol) -> Iterator[Leaf]:
    """Every number, date and time of day."""
    return (leaf for leaf in leaves(protocol) if leaf.numeric)


def _walk(value: Any, path: str, around: _Standing) -> Iterator[Leaf]:
    match value:
        case None:
            return
        case Quantity():
            yield Leaf(path, value.value, value.unit, value.provenance, value.source, value.conflict, around.meaning)
        case BaseModel():
            inside = _inside(value, around)
            for name, field in type(value).model_fields.items():
                if name not in _PROSE and not name.endswith("_source"):
                    yield from _walk(getattr(value, name), _joined(path, name), _of_field(value, name, field, inside))
        case dict():
            for key, inner in value.items():
                yield from _walk(inner, _joined(path, str(key)), around)
        case tuple():
            for number, inner in enumerate(value):
                yield from _walk(inner, _joined(path, str(number)), around)
        case _:
            plain, unit = _plain(value, around.unit)
            yield Leaf(path, plain, unit, around.provenance, around.source, around.conflict, around.meaning)


def _inside(value: BaseModel, around: _Standing) -> _Standing:
    """A part without a source of its own has that of the whole."""
    source = getattr(value, "source", "")
    if not source:
        return around
    return around._replace(
        source=source, conflict=getattr(value, "conflict", ""), provenance=getattr(value, "provenance", None)
    )


def _of_field(value: BaseModel, name: str, field: FieldInfo, inside: _Standing) -> _Standing:
    units = [one.name for one in field.metadata if isinstance(one, Unit)]
    own = [
        getattr(value, other)
        for other in type(value).model_fields
        if other.endswith("_source") and name.startswith(other.removesuffix("_source"))
    ]
    inside = inside._replace(meaning=field.description or inside.meaning, unit=units[0] if units else "")
    return inside._replace(source=own[0]) if own else inside


def _plain(value: Any, unit: str) -> tuple[float | str | bool, str]:
    match value:
        case bool():
            return value, ""
        case int() | float():
            return value, unit or WITHOUT_UNIT
        case Enum():
            return str(value.value), ""
        case date():
            return value.isoformat(), "date"
        case time():
            return value.isoformat("minutes"), "local time"
        case _:
            return str(value), ""


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class Difference(NamedTuple):
    """A value that differs between two protocols; None where it is only in the other one."""

    path: str
    before: Leaf | None
    after: Leaf | None


def differences(before: Protocol, after: Protocol) -> list[Difference]:
    """What changed in value or unit, in the order of the newer document, then what is gone."""
    old = {one.path: one for one in leaves(before)}
    new = {one.path: one for one in leaves(after)}
    changed = [
        Difference(path, old.get(path), now)
        for path, now in new.items()
        if path not in old or (old[path].value, old[path].unit) != (now.value, now.unit)
    ]
    return changed + [Difference(path, was, None) for path, was in old.items() if path not in new]
