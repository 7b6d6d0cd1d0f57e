"""What every model shares: immutability, refusal of unknown fields, UTC instants and opaque identifiers."""

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from schemas.refusals import Unacceptable


class Model(BaseModel):
    """An immutable value that refuses fields it does not know and never converts one type into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""What lies beyond is a slip of the pen; and arithmetic with it could leave the calendar."""


def _to_utc(value: datetime) -> datetime:
    try:
        instant = value.astimezone(UTC)
    except OverflowError as beyond:
        raise Unacceptable("it lies outside the calendar") from beyond
    if not EARLIEST <= instant < LATEST:
        raise Unacceptable("it lies outside the years 1900 to 2199")
    return instant


def _within_calendar(value: date) -> date:
    if not EARLIEST.date() <= value < LATEST.date():
        raise Unacceptable("it lies outside the years 1900 to 2199")
    return value


def is_zone(name: str) -> bool:
    """Whether the IANA database has a time zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _known_zone(value: str) -> str:
    if not is_zone(value):
        raise Unacceptable("it is not a time zone of the IANA database")
    return value


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A point in time, kept in UTC. A datetime without an offset is refused: its zone would be a guess."""

Day = Annotated[date, AfterValidator(_within_calendar)]
"""A calendar day, as licences and certificates name it."""

Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_zone)]
"""An IANA zone name such as ``America/Denver``; never an offset, which daylight saving would make wrong."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
"""An opaque identifier: it names something without saying anything about a person."""

ShortId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
"""An identifier that is used as a part of another one."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
"""Free text written by a human."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""One short line of text."""

State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""Two-letter code of a US state."""
