"""Facts about what goes wrong."""

from typing import Literal

from schemas.actors import Role
from schemas.base import Id, Instant, Line, State
from schemas.facts.base import Fact
from schemas.monitoring import AdverseEvent, AlarmLevel


class VitalsBecameLate(Fact):
    """A reading that was due was not taken. That is an alarm, never a normal reading."""

    type: Literal["vitals_became_late"] = "vitals_became_late"
    session_id: Id
    minute: int
    due_at: Instant


class VitalsAlarmed(Fact):
    """A reading after a dose was out of range; also one that was told late."""

    type: Literal["vitals_alarmed"] = "vitals_alarmed"
    session_id: Id
    level: AlarmLevel
    reasons: tuple[Id, ...]
    measured_at: Instant
    alarm_id: Id | None = None


class VitalsAlarmReviewed(Fact):
    """A physician has looked at the readings that alarmed."""

    type: Literal["vitals_alarm_reviewed"] = "vitals_alarm_reviewed"
    alarm_id: Id | None = None


class EmergencyDeclared(Fact):
    """An emergency. It carries the address that was attested for this very session."""

    type: Literal["emergency_declared"] = "emergency_declared"
    session_id: Id | None
    reasons: tuple[Id, ...]
    address: Line | None
    local_emergency_number: Line | None
    location: State | None


class EmergencyAcknowledged(Fact):
    """A named human took the emergency on."""

    type: Literal["emergency_acknowledged"] = "emergency_acknowledged"
    acknowledged_by: Id
    role: Role


class EmergencyClosed(Fact):
    """The emergency is over; it is looked at afterwards."""

    type: Literal["emergency_closed"] = "emergency_closed"
    incident_id: Id


class IncidentReviewed(Fact):
    """An incident was looked at."""

    type: Literal["incident_reviewed"] = "incident_reviewed"
    incident_id: Id


class AdverseEventRecorded(Fact):
    """An adverse event, with the grade that the clinic's rule gives it."""

    type: Literal["adverse_event_recorded"] = "adverse_event_recorded"
    event: AdverseEvent
    told_grade: int


class AdverseEventReviewed(Fact):
    """A physician reviewed it."""

    type: Literal["adverse_event_reviewed"] = "adverse_event_reviewed"
    event_id: Id


class MedwatchDecided(Fact):
    """Whether it is reported was decided."""

    type: Literal["medwatch_decided"] = "medwatch_decided"
    event_id: Id
    report: bool
