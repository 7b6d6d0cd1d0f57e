"""How a scenario says when: a date, a wall clock, or a span before or after something."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic.json_schema import WithJsonSchema

from schemas.base import Zone, is_zone
from schemas.refusals import Unacceptable

_ZONE: Final = r"(?: (?P<zone>[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*))?"
_CLOCK: Final = r"(?P<clock>[0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)"
_SPAN: Final = r"(?:(?P<d>[0-9]{1,4})d)?(?:(?P<h>[0-9]{1,5})h)?(?:(?P<m>[0-9]{1,6})m)?(?:(?P<s>[0-9]{1,7})s)?"
_DATED: Final = re.compile(rf"(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[ T]{_CLOCK}(?P<utc>Z)?{_ZONE}")
_WALL: Final = re.compile(rf"(?:\+(?P<days>[0-9]{{1,4}})d )?{_CLOCK}{_ZONE}")
_LATER: Final = re.compile(rf"\+{_SPAN}(?: after (?P<anchor>.+))?")
_EARLIER: Final = re.compile(rf"-?{_SPAN} before (?P<anchor>.+)")
_AROUND: Final = re.compile(rf"T(?:(?P<sign>[+-]){_SPAN})?")
_ANCHOR: Final = re.compile(r"start|expiry|session(?: [1-9][0-9]?)?|[A-Za-z](?:[A-Za-z0-9_-]{0,30}[A-Za-z0-9])?")

SESSION: Final = "session"
"""The anchor that means the start of the booked session; with a number, the last drug of that session."""

START: Final = "start"
EXPIRY: Final = "expiry"
"""The end of the last approval."""

HELP: Final = (
    'write it as "2026-04-28 10:02", "10:30", "+1d 09:00", "+20m", "+24h after session 1", "T-2h", '
    '"48h before session", or as the label of an earlier step'
)


@dataclass(frozen=True)
class When:
    """An instant as a scenario names it. What is None is taken from the place where it stands."""

    day: date | None = None
    clock: time | None = None
    """Wall clock, in ``zone``."""
    zone: Zone | None = None
    later_days: int = 0
    """Local days after that of the step before."""
    offset: timedelta = timedelta(0)
    anchor: str | None = None

    @property
    def is_dated(self) -> bool:
        """Whether it can be told without knowing what happened before."""
        return self.day is not None


def parsed(text: str) -> When:
    """What a text says.

    Raises:
        Unacceptable: It says nothing that is known.
    """
    if found := _DATED.fullmatch(text):
        return When(day=_day(found["day"]), clock=_clock(found["clock"]), zone="UTC" if found["utc"] else _zone(found))
    if found := _WALL.fullmatch(text):
        return When(clock=_clock(found["clock"]), zone=_zone(found), later_days=int(found["days"] or 0))
    if (found := _AROUND.fullmatch(text)) and (_span(found) or not found["sign"]):
        span = _span(found)
        return When(offset=-span if found["sign"] == "-" else span, anchor=SESSION)
    if (found := _LATER.fullmatch(text)) and _span(found):
        return When(offset=_span(found), anchor=_anchor(found["anchor"]))
    if (found := _EARLIER.fullmatch(text)) and _span(found):
        return When(offset=-_span(found), anchor=_anchor(found["anchor"]))
    if _ANCHOR.fullmatch(text):
        return When(anchor=text)
    raise Unacceptable(HELP)


def _span(found: re.Match[str]) -> timedelta:
    values = found.groupdict()
    return timedelta(
        days=int(values["d"] or 0),
        hours=int(values["h"] or 0),
        minutes=int(values["m"] or 0),
        seconds=int(values["s"] or 0),
    )


def _anchor(name: str | None) -> str | None:
    if name is not None and not _ANCHOR.fullmatch(name):
        raise Unacceptable("after and before take start, expiry, session, session 1, or the label of a step")
    return name


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unacceptable("there is no such day") from None


def _clock(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Unacceptable("there is no such time of day") from None


def _zone(found: re.Match[str]) -> str | None:
    zone = found["zone"]
    if zone is not None and not is_zone(zone):
        raise Unacceptable("it names no time zone of the IANA database")
    return zone


def _checked(text: str) -> str:
    parsed(text)
    return text


def _dated(text: str) -> str:
    if not parsed(text).is_dated:
        raise Unacceptable('it has to be a date with a time, as in "2026-04-28 10:02"')
    return text


Moment = Annotated[str, AfterValidator(_checked), WithJsonSchema({"type": "string", "description": HELP})]
"""Text that :func:`parsed` understands."""

Dated = Annotated[str, AfterValidator(_dated), WithJsonSchema({"type": "string", "description": "A date with a time."})]
"""Text that names a day and a time of day."""


def wall_clock(value: datetime) -> str:
    """A local instant as scenarios write it."""
    if value.microsecond:
        return f"{value:%Y-%m-%d %H:%M:%S.%f}".rstrip("0")
    return f"{value:%Y-%m-%d %H:%M}" if value.second == 0 else f"{value:%Y-%m-%d %H:%M:%S}"
