"""Wall-clock instants in a person's zone.

A local time that occurs twice means its first occurrence; one that does not exist is shifted forward by the gap. Both
follow from ``fold=0``. Results are UTC, so that no later arithmetic stays inside one zone, where Python ignores the
change of offset.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

END_OF_DAY = time(23, 59, 59)


def at_local_time(day_of: datetime, days: int, wall_clock: time, zone: str) -> datetime:
    """The instant of ``wall_clock`` in ``zone``, ``days`` after the local day that contains ``day_of``."""
    local = ZoneInfo(zone)
    day = day_of.astimezone(local).date() + timedelta(days=days)
    return datetime.combine(day, wall_clock, local).astimezone(UTC)


def end_of_local_day(day_of: datetime, days: int, zone: str) -> datetime:
    """23:59:59 in ``zone`` on the local day ``days`` after that of ``day_of``."""
    return at_local_time(day_of, days, END_OF_DAY, zone)
