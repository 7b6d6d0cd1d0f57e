"""Facts of a dosing session."""

from typing import Literal

from pydantic import Field

from schemas.base import Id, Instant, Line, State, Text
from schemas.facts.base import Fact
from schemas.treatment import Dose, HomeAttestation, Reading, Setting


class SessionScheduled(Fact):
    """A session was booked or moved."""

    type: Literal["session_scheduled"] = "session_scheduled"
    session_id: Id
    cycle: int
    starts_at: Instant
    setting: Setting
    obstacles: tuple[Id, ...] | None = Field(default=None, description="What stands in its way as things are now.")


class AppointmentConfirmed(Fact):
    """The patient said that the time of a booked session suits, and nothing else."""

    type: Literal["appointment_confirmed"] = "appointment_confirmed"
    session_id: Id
    starts_at: Instant


class SessionCancelled(Fact):
    """A session was cancelled before any drug was given."""

    type: Literal["session_cancelled"] = "session_cancelled"
    session_id: Id


class SessionReleased(Fact):
    """Time ran out before a booked session, and something is still in its way: it is given back. It never counts."""

    type: Literal["session_released"] = "session_released"
    session_id: Id
    obstacles: tuple[Id, ...]


class SessionDayBegun(Fact):
    """The day before a session has begun."""

    type: Literal["session_day_begun"] = "session_day_begun"
    session_id: Id


class SessionCutoffReached(Fact):
    """The last hours before a session began. What was missing by then blocks it, whenever it may still come."""

    type: Literal["session_cutoff_reached"] = "session_cutoff_reached"
    session_id: Id
    missing: tuple[Id, ...]


class FastingReminderDue(Fact):
    """The time came from which the patient eats nothing."""

    type: Literal["fasting_reminder_due"] = "fasting_reminder_due"
    session_id: Id


class SessionReminderDue(Fact):
    """The hour of the patient's reminder came."""

    type: Literal["session_reminder_due"] = "session_reminder_due"
    session_id: Id


class PatientCheckedIn(Fact):
    """The patient was received for the session."""

    type: Literal["patient_checked_in"] = "patient_checked_in"
    session_id: Id
    setting: Setting
    identity_confirmed: bool
    therapist_present: bool
    home: HomeAttestation | None
    location: State | None = None
    last_solids_at: Instant | None = None
    last_clear_liquids_at: Instant | None = None


class VitalsRecorded(Fact):
    """Vital signs were measured."""

    type: Literal["vitals_recorded"] = "vitals_recorded"
    session_id: Id
    reading: Reading


class PredoseVitalsDecided(Fact):
    """A physician decided on readings between the go and the hold limit."""

    type: Literal["predose_vitals_decided"] = "predose_vitals_decided"
    session_id: Id
    proceed: bool


class SessionHeld(Fact):
    """The session ended before any drug, for a medical reason. It does not count."""

    type: Literal["session_held"] = "session_held"
    session_id: Id
    code: Id
    sentence: Line


class HoldAcknowledged(Fact):
    """The therapist knows that there was no session."""

    type: Literal["hold_acknowledged"] = "hold_acknowledged"
    session_id: Id


class HoldLifted(Fact):
    """A physician lifted the medical hold."""

    type: Literal["hold_lifted"] = "hold_lifted"


class DrugAdministered(Fact):
    """Drug was given under exactly one approval, after these checks passed."""

    type: Literal["drug_administered"] = "drug_administered"
    session_id: Id
    dose: Dose
    checks: tuple[Id, ...]


class UnauthorisedAdministration(Fact):
    """Drug is in the patient that no approval and no gate let pass. A physician reviews the incident."""

    type: Literal["unauthorised_administration"] = "unauthorised_administration"
    session_id: Id
    dose: Dose
    cycle: int = Field(ge=1)
    opened_in: Setting | None = Field(default=None, description="Where the patient was, if this opens the session.")
    failed_checks: tuple[Id, ...] = Field(description="Codes of the checks that the dose fails.")
    incident_id: Id


class InsightCaptured(Fact):
    """An insight was captured in the patient's words."""

    type: Literal["insight_captured"] = "insight_captured"
    session_id: Id
    insight: Text


class DebriefRecorded(Fact):
    """The session was debriefed."""

    type: Literal["debrief_recorded"] = "debrief_recorded"
    session_id: Id
    summary: Text


class PatientDischarged(Fact):
    """The patient went home, observed long enough after the last drug."""

    type: Literal["patient_discharged"] = "patient_discharged"
    session_id: Id
    observed_min: float
    padss: int | None = None
    missing_readings: tuple[int, ...] | None = None
    missing_readings_reason: Text | None = None
