"""When a reading that is due is late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import Fact, VitalsBecameLate
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.monitoring import readings_due


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    session, rules = state.cycle.session, state.protocol.monitoring
    if session is None or rules is None or not session.in_progress:
        return
    late = timedelta(minutes=rules.late_min.value)
    for minute, instant in readings_due(state, session):
        taken = any(instant - late <= one.measured_at for one in session.readings)
        if instant not in session.late_readings and not taken:
            yield instant + late, f"{session.id}-{minute}"


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    session = state.cycle.session
    if session is not None:
        for minute, instant in readings_due(state, session):
            if subject == f"{session.id}-{minute}":
                yield VitalsBecameLate(session_id=session.id, minute=minute, due_at=instant)


LATE = Deadline("vitals_late", _instants, _lapsed)
"""The alarm for a reading that was not taken."""
