"""Wall-clock instants in a person's zone.

A local time that occurs twice means its first occurrence; one that does not exist is shifted forward by the gap. Both
follow from ``fold=0``. Results are UTC, so that no later arithmetic stays inside one zone, where Python ignores the
change of offset.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.protocol.business_days import BusinessDays, Weekday

END_OF_DAY = time(23, 59, 59)
MONTHS = 12
"""Of a year."""


def at_local_time(day_of: datetime, days: int, wall_clock: time, zone: str) -> datetime:
    """The instant of ``wall_clock`` in ``zone``, ``days`` after the local day that contains ``day_of``."""
    local = ZoneInfo(zone)
    day = day_of.astimezone(local).date() + timedelta(days=days)
    return datetime.combine(day, wall_clock, local).astimezone(UTC)


def end_of_local_day(day_of: datetime, days: int, zone: str) -> datetime:
    """23:59:59 in ``zone`` on the local day ``days`` after that of ``day_of``."""
    return at_local_time(day_of, days, END_OF_DAY, zone)


def end_of_date(day: date, zone: str) -> datetime:
    """23:59:59 in ``zone`` on a calendar day."""
    return datetime.combine(day, END_OF_DAY, ZoneInfo(zone)).astimezone(UTC)


def end_of_local_month(day_of: datetime, months: int, zone: str) -> datetime:
    """23:59:59 in ``zone`` on the same day of the month ``months`` later, or on the last day of a month without it."""
    day = day_of.astimezone(ZoneInfo(zone)).date()
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    last = monthrange(year, month + 1)[1]
    return end_of_date(date(year, month + 1, min(day.day, last)), zone)


def after_business_time(start: datetime, span: timedelta, rules: BusinessDays, zone: str) -> datetime:
    """The instant when ``span`` has passed on business days alone: on the others, time stands still.

    From Friday at four, 24 hours end on Monday at four; from any time on Saturday, they end with Monday.
    """
    closed = {holiday.on for holiday in rules.holidays}
    weekend = {list(Weekday).index(day) for day in rules.weekend}
    while True:
        day = start.astimezone(ZoneInfo(zone)).date()
        midnight = at_local_time(start, 1, time(0), zone)
        if day not in closed and day.weekday() not in weekend:
            if start + span <= midnight:
                return start + span
            span -= midnight - start
        start = midnight
