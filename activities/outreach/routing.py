"""By which channels a message goes, and whether it rests: decided anew at each attempt, from what holds then."""

from __future__ import annotations

from collections.abc import Set
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from schemas.actors import Role
from schemas.messages import OPEN_CHANNELS, Channel, Contact, DeliveryRules, MessageRequest, QuietHours

MIDNIGHT = time(0)


class Rest(NamedTuple):
    """Why a message waits, and until when."""

    code: str
    until: datetime


def where_now(recipient: Contact, rules: DeliveryRules | None) -> Contact:
    """The recipient in the zone of now: a patient's, where the pathway was told of it after the directory."""
    zone = rules.zone if rules is not None and recipient.role is Role.PATIENT else None
    return recipient if zone is None else recipient.model_copy(update={"zone": zone})


def route(recipient: Contact, rules: DeliveryRules | None, closed: Set[Channel]) -> tuple[Channel, ...]:
    """The channels to try, in order; the portal, which disturbs nobody and needs no consent, is always the last resort.

    Args:
        recipient: Who prefers, has opted out, and has addresses or not. Where somebody prefers anything, no other open
            channel is used: a wish to be reached in one way only is honoured (45 CFR 164.522(b)).
        rules: What the pathway says.
        closed: Channels that failed this message for good, or that the recipient ended by STOP.
    """
    preferred = recipient.channels or OPEN_CHANNELS
    may = recipient.role is not Role.PATIENT or rules is None or rules.open_channels
    chosen = [
        channel
        for channel in dict.fromkeys(preferred)
        if channel not in closed
        and channel not in recipient.opted_out
        and recipient.address(channel) is not None
        and (may or channel not in OPEN_CHANNELS)
    ]
    return (*(channel for channel in chosen if channel is not Channel.PORTAL), Channel.PORTAL)


def rests(
    request: MessageRequest, recipient: Contact, rules: DeliveryRules | None, now: datetime, sent_today: int
) -> Rest | None:
    """Why a message waits now, and until when; None where nothing keeps it.

    What is pressing never waits. Of staff, only those who have quiet hours of their own do.
    """
    if request.is_pressing:
        return None
    is_patient = recipient.role is Role.PATIENT
    quiet = recipient.quiet or (rules.quiet if rules is not None and is_patient else None)
    if quiet is not None and (morning := quiet_until(now, quiet, recipient.zone)) is not None:
        return Rest("quiet_hours", morning)
    if rules is not None and rules.most_per_day is not None and is_patient and sent_today >= rules.most_per_day:
        _, tomorrow = local_day(now, recipient.zone)
        return Rest("daily_cap", (quiet and quiet_until(tomorrow, quiet, recipient.zone)) or tomorrow)
    return None


def quiet_until(now: datetime, quiet: QuietHours, zone: str) -> datetime | None:
    """The end of the quiet hours that ``now`` lies in; None outside of them.

    Compared as instants, not as readings of the clock: so an hour that occurs twice does not begin a second rest.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    for day in (today - timedelta(days=1), today):
        over_midnight = quiet.ends <= quiet.begins
        begins = instant_of(day, quiet.begins, zone)
        ends = instant_of(day + timedelta(days=over_midnight), quiet.ends, zone)
        if begins <= now < ends:
            return ends
    return None


def local_day(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The first instant of the local day that ``now`` lies in, and of the next one."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return instant_of(today, MIDNIGHT, zone), instant_of(today + timedelta(days=1), MIDNIGHT, zone)


def instant_of(day: date, wall_clock: time, zone: str) -> datetime:
    """When the clock of a zone shows a time on a day. Twice there: the first; not there: shifted forward."""
    return datetime.combine(day, wall_clock, ZoneInfo(zone)).astimezone(UTC)
