"""When a reading that is due is late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import Fact, VitalsBecameLate
from schemas.pathway import Pathway, Session
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.monitoring import is_taken, readings_due


def _outstanding(state: Pathway) -> tuple[Session, int, datetime] | None:
    """The first reading that is due, and neither taken nor known to be late."""
    session, rules = state.cycle.session, state.protocol.monitoring
    if session is None or rules is None or not session.in_progress:
        return None
    little = timedelta(minutes=rules.late_min.value)
    for minute, instant in readings_due(state, session):
        if instant not in session.late_readings and not is_taken(session, instant, little):
            return session, minute, instant
    return None


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    outstanding, rules = _outstanding(state), state.protocol.monitoring
    if outstanding is not None and rules is not None:
        session, minute, instant = outstanding
        yield instant + timedelta(minutes=rules.late_min.value), f"{session.id}-{minute}"


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject, now
    if (outstanding := _outstanding(state)) is not None:
        session, minute, instant = outstanding
        yield VitalsBecameLate(session_id=session.id, minute=minute, due_at=instant)


LATE = Deadline("vitals_late", _instants, _lapsed)
"""The alarm for a reading that was not taken."""
