"""Commands of a dosing session, from booking to discharge."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, STAFF, Role
from schemas.base import Id, Instant, State, Text
from schemas.commands.base import Command
from schemas.monitoring import Symptom
from schemas.treatment import DrugRoute, HomeAttestation, Setting, Vitals


class ScheduleSession(Command):
    """Book the session of the current cycle; booking again moves it."""

    verb: ClassVar[str] = "schedule_session"
    by: ClassVar[frozenset[Role]] = STAFF
    example: ClassVar[dict[str, Any]] = {"starts_at": "2027-01-12T10:00:00-07:00", "setting": "clinic"}
    starts_at: Instant
    setting: Setting


class CancelSession(Command):
    """Cancel a session in which no drug was given; it does not count."""

    verb: ClassVar[str] = "cancel_session"
    by: ClassVar[frozenset[Role]] = ANYONE
    needs_reason: ClassVar[bool] = True


class ConfirmAppointment(Command):
    """Say, as the patient, that a booked session suits. It is no consent, and nothing is approved or cleared by it.

    It names the time that the patient was told, so that it never holds for another one.
    """

    verb: ClassVar[str] = "confirm_appointment"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PATIENT})
    example: ClassVar[dict[str, Any]] = {"session_id": "S1", "starts_at": "2027-01-12T10:00:00-07:00"}
    session_id: Id
    starts_at: Instant


class CheckIn(Command):
    """Receive the patient for the session."""

    verb: ClassVar[str] = "check_in"
    by: ClassVar[frozenset[Role]] = STAFF
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "setting": "clinic",
        "identity_confirmed": True,
        "therapist_present": True,
        "solids_h_ago": 12,
        "clear_liquids_h_ago": 3,
    }
    setting: Setting
    identity_confirmed: bool
    therapist_present: bool
    home: HomeAttestation | None = Field(default=None, description="Attested anew at every session at home.")
    location: State | None = Field(
        default=None, description="State of the patient's body; attested at home, elsewhere the residence if not given."
    )
    solids_h_ago: float | None = Field(default=None, ge=0, le=240, description="Hours since the last food.")
    clear_liquids_h_ago: float | None = Field(default=None, ge=0, le=240, description="Hours since the last drink.")


class RecordVitals(Command):
    """Record one set of vital signs, before or after the dose."""

    verb: ClassVar[str] = "record_vitals"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "vitals": {"systolic": 124, "diastolic": 78, "heart_rate": 66, "spo2": 98},
    }
    vitals: Vitals
    symptoms: tuple[Symptom, ...] = Field(default=(), max_length=10)


class DecidePredoseVitals(Command):
    """The physician's decision on readings between the go and the hold limit."""

    verb: ClassVar[str] = "decide_predose_vitals"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"proceed": False}
    proceed: bool


class LiftHold(Command):
    """The physician lifts a medical hold; the approval before it stays what it was."""

    verb: ClassVar[str] = "lift_hold"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True


class AcknowledgeHold(Command):
    """Take note, as the therapist, that there was no session. Nothing is decided by it: the hold is a physician's."""

    verb: ClassVar[str] = "acknowledge_hold"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})


class RecordAdministration(Command):
    """Record a dose as given under the approval, after the gate was passed."""

    verb: ClassVar[str] = "record_administration"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "dose_mg": 100,
        "route": "sublingual",
        "lot": "LOT-0001",
        "verified_by": "nu-hazel",
    }
    dose_mg: float = Field(gt=0)
    route: DrugRoute
    lot: Id | None = Field(default=None, description="Lot of the drug, as it is on the package.")
    verified_by: Id | None = Field(default=None, description="Who looked at drug and dose beside the one who gives it.")


class RecordUnauthorisedAdministration(Command):
    """Record drug that was given, or taken, although the gate did not allow it. It starts the clocks and an incident.

    It makes nothing authorised: the patient is observed and discharged as after any drug, no further drug is given in
    the session, the approval is suspended, and a physician reviews what happened.
    """

    verb: ClassVar[str] = "record_unauthorised_administration"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"dose_mg": 100, "route": "sublingual", "setting": "home"}
    dose_mg: float = Field(gt=0, description="Milligrams, as far as they are known.")
    route: DrugRoute
    setting: Setting = Field(description="Where the patient was.")
    lot: Id | None = Field(default=None, description="Lot of the drug, where it is known.")


class CaptureInsight(Command):
    """Capture an insight in the patient's words while it is vivid."""

    verb: ClassVar[str] = "capture_insight"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST, Role.PATIENT})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"insight": "I can put the suitcase down."}
    insight: Text


class RecordDebrief(Command):
    """Record the debrief that closes the session."""

    verb: ClassVar[str] = "record_debrief"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"summary": "Calm, oriented, wants to write before sleep."}
    summary: Text


class DischargePatient(Command):
    """Let the patient go home, after the observation time, with a responsible adult."""

    verb: ClassVar[str] = "discharge_patient"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    may_be_late: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "oriented": True,
        "steady_gait": True,
        "responsible_adult": True,
        "nausea_minimal": True,
        "suicidality_screened": True,
        "no_driving_agreed": True,
        "padss": 10,
    }
    oriented: bool
    steady_gait: bool
    responsible_adult: bool
    nausea_minimal: bool = False
    suicidality_screened: bool = False
    no_driving_agreed: bool = Field(
        default=False, description="The patient agrees not to drive until the next day, after a restful sleep."
    )
    padss: int | None = Field(default=None, ge=0, le=10, description="Post-anaesthetic discharge score.")
    missing_readings_reason: Text | None = Field(
        default=None, description="Signed reason why readings that were due were not taken."
    )
