"""What may go wrong in a session: alarming vital signs, adverse events, emergencies."""

from enum import StrEnum

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model, State


class Symptom(StrEnum):
    """What a patient shows or tells beside the vital signs."""

    CHEST_PAIN = "chest_pain"
    STROKE_SIGNS = "stroke_signs"
    SEIZURE = "seizure"
    UNRESPONSIVE = "unresponsive"
    BREATHLESS = "breathless"
    SEVERE_HEADACHE = "severe_headache"
    VISUAL_DISTURBANCE = "visual_disturbance"
    AGITATION = "agitation"
    VOMITING = "vomiting"


class AlarmLevel(StrEnum):
    """How far vital signs after a dose are out of range, from the mildest on."""

    ALERT = "alert"
    STOP = "stop"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        """The graver, the higher."""
        return list(AlarmLevel).index(self)


class VitalsAlarm(Model):
    """Readings that alarmed and that no physician has looked at yet."""

    id: Id
    level: AlarmLevel
    session_id: Id | None = None
    measured_at: Instant | None = None
    reasons: tuple[Id, ...] = ()


class AdverseEventKind(StrEnum):
    """Kinds of adverse events that are told apart."""

    NAUSEA = "nausea"
    VOMITING = "vomiting"
    DIZZINESS = "dizziness"
    HEADACHE = "headache"
    HYPERTENSION = "hypertension"
    TACHYCARDIA = "tachycardia"
    BRADYCARDIA = "bradycardia"
    RESPIRATORY_DEPRESSION = "respiratory_depression"
    OVERSEDATION = "oversedation"
    LOSS_OF_CONSCIOUSNESS = "loss_of_consciousness"
    SEIZURE = "seizure"
    ANXIETY = "anxiety"
    DYSPHORIA = "dysphoria"
    AGITATION = "agitation"
    PROLONGED_DISSOCIATION = "prolonged_dissociation"
    PSYCHOSIS_LIKE = "psychosis_like"
    SUICIDAL_IDEATION = "suicidal_ideation"
    FALL = "fall"
    ASPIRATION = "aspiration"
    ALLERGIC_REACTION = "allergic_reaction"
    URINARY_SYMPTOMS = "urinary_symptoms"
    DIVERSION_OR_MISUSE = "diversion_or_misuse"
    WRONG_DOSE = "wrong_dose"
    WRONG_PATIENT = "wrong_patient"
    BOUNDARY_VIOLATION = "boundary_violation"


class AdverseEvent(Model):
    """An adverse event and what is still to be decided about it. Grades are 1 (mild) to 5 (death), as in CTCAE v5."""

    id: Id
    kind: AdverseEventKind
    grade: int = Field(ge=1, le=5)
    at: Instant
    reviewed: bool = False
    medwatch_decided: bool = False


class Emergency(Model):
    """An emergency that is not closed. Acknowledging it ends the paging, not the emergency."""

    session_id: Id | None
    declared_at: Instant
    reasons: tuple[Id, ...]
    location: State | None = None
    acknowledged_by: Id | None = None
    acknowledged_role: Role | None = None


class Incident(Model):
    """An emergency or a grave adverse event that has to be looked at afterwards."""

    id: Id
    at: Instant
