"""What alarms, emergencies and adverse events wait for."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.monitoring import AdverseEvent
from schemas.pathway import Pathway, Session
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.safety import awaiting_medwatch, unreviewed
from workflows.rules.standing import observed_from
from workflows.rules.watching import is_look_late, sitter_rules


def _watching(state: Pathway, session: Session) -> Iterator[Obligation]:
    """The end of an infusion, a look that is late, and the call when contact is lost."""
    attending = None if state.has_psychotherapy else Role.NURSE
    last, rules = session.last_dose, sitter_rules(state)
    if last is not None and session.in_progress and observed_from(state, session) is None:
        planned = state.protocol.routes[last.route].infusion_min
        over = last.given_at + timedelta(minutes=planned.value if planned is not None else 0)
        yield Obligation(WorkKind.END_INFUSION, session.id, due_from=over)
    if session.in_progress and is_look_late(session):
        yield Obligation(WorkKind.ASK_SITTER, session.id, due_from=session.sitter_late_at, owner=attending)
    if session.contact_lost_at is not None and rules is not None:
        due_at = session.contact_lost_at + timedelta(minutes=rules.contact_min.value)
        yield Obligation(WorkKind.CALL_SITTER, session.id, due_at=due_at, owner=attending)


def owed(state: Pathway) -> Iterator[Obligation]:
    """Somebody who takes the emergency on, measures what is late, reviews and decides."""
    session = state.cycle.session
    if state.emergency is not None:
        if state.emergency.acknowledged_by is None:
            yield Obligation(WorkKind.ACKNOWLEDGE_EMERGENCY, "emergency")
        yield Obligation(WorkKind.CLOSE_EMERGENCY, "emergency")
    if session is not None and session.in_progress and session.late_readings:
        measured = max((one.measured_at for one in session.readings if one.vitals.is_complete), default=None)
        late = max(session.late_readings)
        if measured is None or measured < late:
            attending = None if state.has_psychotherapy else Role.NURSE
            yield Obligation(WorkKind.MEASURE_VITALS, session.id, due_from=late, owner=attending)
    if session is not None:
        yield from _watching(state, session)
    for alarm in state.alarms:
        yield Obligation(WorkKind.REVIEW_VITALS_ALARM, alarm.id)
    for incident in state.incidents:
        yield Obligation(WorkKind.REVIEW_INCIDENT, incident.id)
    for event in unreviewed(state):
        yield Obligation(WorkKind.REVIEW_ADVERSE_EVENT, event.id, due_at=_within_the_hour(state, event))
    for event in awaiting_medwatch(state):
        yield Obligation(WorkKind.DECIDE_MEDWATCH, event.id)


def _within_the_hour(state: Pathway, event: AdverseEvent) -> datetime | None:
    """Until when an event that stops the series is reviewed; None for milder ones, whose work rule says when."""
    rules = state.protocol.monitoring.adverse_events if state.protocol.monitoring is not None else None
    if rules is None or rules.grave_review_min is None or event.grade < rules.suspends_from_grade.value:
        return None
    return event.at + timedelta(minutes=rules.grave_review_min.value)
