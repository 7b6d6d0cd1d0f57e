"""When the patient last ate and drank. It is told in hours, and kept and judged as instants."""

from datetime import datetime, timedelta
from typing import TypedDict

from schemas.commands import CheckIn, RecordDayChecklist
from schemas.facts import DayChecklistRecorded, PatientCheckedIn
from schemas.pathway import Session


class Fasting(TypedDict):
    """The last food and the last clear liquids, where they are known."""

    last_solids_at: datetime | None
    last_clear_liquids_at: datetime | None


def told_in(command: CheckIn | RecordDayChecklist, at: datetime) -> Fasting:
    """What a command tells at an instant."""
    return Fasting(
        last_solids_at=_ago(at, command.solids_h_ago), last_clear_liquids_at=_ago(at, command.clear_liquids_h_ago)
    )


def _ago(at: datetime, hours: float | None) -> datetime | None:
    return None if hours is None else at - timedelta(hours=hours)


def known_with(session: Session, fact: PatientCheckedIn | DayChecklistRecorded) -> Fasting:
    """What is known of a session with what a fact adds to it: of two times the later one counts."""
    return Fasting(
        last_solids_at=_later(session.last_solids_at, fact.last_solids_at),
        last_clear_liquids_at=_later(session.last_clear_liquids_at, fact.last_clear_liquids_at),
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((instant for instant in (one, other) if instant is not None), default=None)
