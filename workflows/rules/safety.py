"""Rules of alarms, emergencies and adverse events: raised by anybody and by facts, ended only by humans."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schemas.commands import (
    AcknowledgeEmergency,
    CloseEmergency,
    DecideMedwatch,
    DeclareEmergency,
    RecordAdverseEvent,
    ReviewAdverseEvent,
    ReviewIncident,
    ReviewVitalsAlarm,
)
from schemas.facts import (
    AdverseEventRecorded,
    AdverseEventReviewed,
    EmergencyAcknowledged,
    EmergencyClosed,
    EmergencyDeclared,
    Fact,
    IncidentReviewed,
    MedwatchDecided,
    VitalsAlarmed,
    VitalsAlarmReviewed,
    VitalsBecameLate,
)
from schemas.monitoring import AdverseEvent, AdverseEventKind, AlarmLevel, Emergency, Incident, VitalsAlarm
from schemas.pathway import UNNAMED_ALARM, Pathway
from schemas.protocol import MonitoringRules
from workflows.rules.refusing import Refused, require
from workflows.rules.standing import lately_broken_off

DECLARED = ("declared",)
"""Why there is an emergency, where somebody declared it."""


def emergency_in(state: Pathway, reasons: tuple[str, ...], at: datetime) -> EmergencyDeclared:
    """The emergency, with the address that was attested for the session that is held now, or ended a while ago."""
    session = state.cycle.session
    if session is None or session.checked_in_at is None:
        session = lately_broken_off(state, at) or session
    home = session.home if session is not None else None
    return EmergencyDeclared(
        session_id=session.id if session is not None else None,
        reasons=reasons,
        address=home.address if home is not None else None,
        local_emergency_number=home.local_emergency_number if home is not None else None,
        location=session.location if session is not None else None,
    )


def declare_emergency(state: Pathway, command: DeclareEmergency, at: datetime) -> list[Fact]:
    """By anybody, at any time; one at a time."""
    del command
    require(state.emergency is None, "emergency_declared_before", "An emergency is declared and not closed.")
    return [emergency_in(state, DECLARED, at)]


def _open_emergency(state: Pathway) -> Emergency:
    if state.emergency is None:
        raise Refused("no_emergency", "No emergency is declared.")
    return state.emergency


def acknowledge_emergency(state: Pathway, command: AcknowledgeEmergency, at: datetime) -> list[Fact]:
    """Once, by name."""
    del at
    taken = _open_emergency(state).acknowledged_by
    require(taken is None, "already_acknowledged", "Somebody has taken this emergency on.")
    return [EmergencyAcknowledged(acknowledged_by=command.actor.id, role=command.actor.role)]


def close_emergency(state: Pathway, command: CloseEmergency, at: datetime) -> list[Fact]:
    """By a physician; then it is looked at afterwards."""
    del command, at
    _open_emergency(state)
    return [EmergencyClosed(incident_id=f"I{state.incidents_opened + 1}")]


def review_incident(state: Pathway, command: ReviewIncident, at: datetime) -> list[Fact]:
    """Of one that is open."""
    del at
    known = any(incident.id == command.incident_id for incident in state.incidents)
    require(known, "incident_unknown", "No such incident waits for a review.", "incident_id")
    return [IncidentReviewed(incident_id=command.incident_id)]


def review_vitals_alarm(state: Pathway, command: ReviewVitalsAlarm, at: datetime) -> list[Fact]:
    """Of the alarm that was looked at: one that came after it waits for a review of its own."""
    del at
    known = any(alarm.id == command.alarm_id for alarm in state.alarms)
    require(known, "vitals_alarm_unknown", "No such alarm waits for a review.", "alarm_id")
    return [VitalsAlarmReviewed(alarm_id=command.alarm_id)]


def record_adverse_event(state: Pathway, command: RecordAdverseEvent, at: datetime) -> list[Fact]:
    """With the grade that was told; a rise in pressure that passed without symptoms is mild by the clinic's rule."""
    rules = _rules(state)
    expected = (
        command.kind is AdverseEventKind.HYPERTENSION
        and not command.symptomatic
        and command.resolved_after_min is not None
        and command.resolved_after_min <= rules.adverse_events.transient_min.value
        and command.grade < rules.adverse_events.emergency_from_grade.value
    )
    grade = 1 if expected else command.grade
    event = AdverseEvent(id=f"E{state.adverse_events_recorded + 1}", kind=command.kind, grade=grade, at=at)
    facts: list[Fact] = [AdverseEventRecorded(event=event, told_grade=command.grade)]
    if grade >= rules.adverse_events.emergency_from_grade.value and state.emergency is None:
        facts.append(emergency_in(state, ("adverse_event",), at))
    return facts


def _rules(state: Pathway) -> MonitoringRules:
    if state.protocol.monitoring is None:
        raise Refused("not_asked_for", "The protocol does not ask for this.")
    return state.protocol.monitoring


def review_adverse_event(state: Pathway, command: ReviewAdverseEvent, at: datetime) -> list[Fact]:
    """Of one that waits for it."""
    del at
    waits = any(event.id == command.event_id and not event.reviewed for event in state.adverse_events)
    require(waits, "adverse_event_unknown", "No such adverse event waits for a review.", "event_id")
    return [AdverseEventReviewed(event_id=command.event_id)]


def decide_medwatch(state: Pathway, command: DecideMedwatch, at: datetime) -> list[Fact]:
    """Of a grave one that waits for it."""
    del at
    waits = any(event.id == command.event_id for event in awaiting_medwatch(state))
    require(waits, "adverse_event_unknown", "No such adverse event waits for this decision.", "event_id")
    return [MedwatchDecided(event_id=command.event_id, report=command.report)]


def unreviewed(state: Pathway) -> Iterator[AdverseEvent]:
    """Adverse events that a physician reviews before the next dose."""
    rules = state.protocol.monitoring
    for event in state.adverse_events:
        if rules is not None and not event.reviewed and event.grade >= rules.adverse_events.review_from_grade.value:
            yield event


def awaiting_medwatch(state: Pathway) -> Iterator[AdverseEvent]:
    """Grave adverse events of which nobody has decided whether they are reported."""
    rules = state.protocol.monitoring
    for event in state.adverse_events:
        grave = rules is not None and event.grade >= rules.adverse_events.emergency_from_grade.value
        if grave and not event.medwatch_decided:
            yield event


def is_pending(state: Pathway) -> bool:
    """Whether something that went wrong is still to be looked at."""
    return bool(state.emergency or state.incidents or state.adverse_events or state.alarms)


def vitals_became_late(state: Pathway, fact: VitalsBecameLate, at: datetime) -> dict[str, Any]:
    """Somebody measures now."""
    del at
    session = state.cycle.session
    if session is None or session.id != fact.session_id:
        return {}
    late = session.model_copy(update={"late_readings": (*session.late_readings, fact.due_at)})
    return {"cycle": state.cycle.model_copy(update={"session": late})}


def vitals_alarmed(state: Pathway, fact: VitalsAlarmed, at: datetime) -> dict[str, Any]:
    """A physician looks; from the level of a stop on no further drug is given in this session."""
    del at
    number = state.vitals_alarms_raised + 1
    raised = VitalsAlarm(
        id=fact.alarm_id or f"V{number}",
        level=fact.level,
        session_id=fact.session_id,
        measured_at=fact.measured_at,
        reasons=fact.reasons,
    )
    changes: dict[str, Any] = {"vitals_alarms": (*state.vitals_alarms, raised), "vitals_alarms_raised": number}
    session = state.cycle.session
    if session is not None and session.id == fact.session_id and fact.level is not AlarmLevel.ALERT:
        changes |= _stopped(state, fact.measured_at)
    return changes


def _stopped(state: Pathway, since: datetime) -> dict[str, Any]:
    """No further drug in the session that is going on, from the earliest reason on."""
    session = state.cycle.session
    if session is None:
        return {}
    since = since if session.stopped_at is None else min(since, session.stopped_at)
    stopped = session.model_copy(update={"stopped": True, "stopped_at": since})
    return {"cycle": state.cycle.model_copy(update={"session": stopped})}


def vitals_alarm_reviewed(state: Pathway, fact: VitalsAlarmReviewed, at: datetime) -> dict[str, Any]:
    """Looked at; what was stopped stays stopped. A review of old named no alarm and was of all."""
    del at
    left = () if fact.alarm_id is None else tuple(one for one in state.alarms if one.id != fact.alarm_id)
    named = tuple(one for one in left if one.id != UNNAMED_ALARM)
    return {"vitals_alarms": named, "vitals_alarm": state.vitals_alarm if named != left else None}


def emergency_declared(state: Pathway, fact: EmergencyDeclared, at: datetime) -> dict[str, Any]:
    """All dosing stops, and further drug in the session that is going on stays stopped."""
    emergency = Emergency(session_id=fact.session_id, declared_at=at, reasons=fact.reasons, location=fact.location)
    session = state.cycle.session
    going_on = session is not None and session.checked_in_at is not None and session.discharged_at is None
    return {"emergency": emergency, **(_stopped(state, at) if going_on else {})}


def emergency_acknowledged(state: Pathway, fact: EmergencyAcknowledged, at: datetime) -> dict[str, Any]:
    """Somebody is on it."""
    del at
    taken = {"acknowledged_by": fact.acknowledged_by, "acknowledged_role": fact.role}
    return {"emergency": state.emergency.model_copy(update=taken)} if state.emergency is not None else {}


def emergency_closed(state: Pathway, fact: EmergencyClosed, at: datetime) -> dict[str, Any]:
    """Looked at afterwards."""
    return {
        "emergency": None,
        "incidents": (*state.incidents, Incident(id=fact.incident_id, at=at)),
        "incidents_opened": state.incidents_opened + 1,
    }


def incident_reviewed(state: Pathway, fact: IncidentReviewed, at: datetime) -> dict[str, Any]:
    """Done."""
    del at
    return {"incidents": tuple(one for one in state.incidents if one.id != fact.incident_id)}


def adverse_event_recorded(state: Pathway, fact: AdverseEventRecorded, at: datetime) -> dict[str, Any]:
    """Kept as long as something about it is to be decided."""
    del at
    changes = _with_events(state, (*state.adverse_events, fact.event))
    changes["adverse_events_recorded"] = state.adverse_events_recorded + 1
    rules = state.protocol.monitoring
    revisit = rules.adverse_events.revisit_from_grade if rules is not None else None
    if revisit is not None and fact.event.grade >= revisit.value:
        changes["revisit_since"] = max(fact.event.at, state.revisit_since or fact.event.at)
    return changes


def adverse_event_reviewed(state: Pathway, fact: AdverseEventReviewed, at: datetime) -> dict[str, Any]:
    """Reviewed."""
    del at
    return _marked(state, fact.event_id, reviewed=True)


def medwatch_decided(state: Pathway, fact: MedwatchDecided, at: datetime) -> dict[str, Any]:
    """Decided."""
    del at
    return _marked(state, fact.event_id, medwatch_decided=True)


def _marked(state: Pathway, event_id: str, **marks: bool) -> dict[str, Any]:
    return _with_events(
        state,
        tuple(one.model_copy(update=marks) if one.id == event_id else one for one in state.adverse_events),
    )


def _with_events(state: Pathway, events: tuple[AdverseEvent, ...]) -> dict[str, Any]:
    after = state.model_copy(update={"adverse_events": events})
    pending = {event.id for event in (*unreviewed(after), *awaiting_medwatch(after))}
    return {"adverse_events": tuple(event for event in events if event.id in pending)}
