"""What is given where: routes, settings, approvals, doses and vitals."""

from enum import StrEnum

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Line, Model, State
from schemas.monitoring import Symptom


class TreatmentRoute(StrEnum):
    """The way of being treated. Whether in the clinic or at home is the setting, not the route."""

    KAP = "kap"
    PSYCHOLYTIC = "psycholytic"
    STANDARD_KETAMINE = "standard_ketamine"
    ESKETAMINE = "esketamine"


class DrugRoute(StrEnum):
    """Route of administration. Intranasal is esketamine; the others are ketamine."""

    SUBLINGUAL = "sublingual"
    INTRAMUSCULAR = "intramuscular"
    INTRAVENOUS = "intravenous"
    INTRANASAL = "intranasal"


class Setting(StrEnum):
    """Where the patient's body is during a session."""

    CLINIC = "clinic"
    HOME = "home"


class ApprovalStatus(StrEnum):
    """Whether an approval can carry a dose. Only ``in_force`` can."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Approval(Model):
    """A physician's dosing approval and the facts it is bound to."""

    id: Id
    number: int = Field(ge=1)
    route: DrugRoute
    setting: Setting
    max_dose_mg: float = Field(gt=0, description="Most milligrams in one session, all doses together.")
    sessions: int = Field(ge=1, description="Sessions it covers.")
    sessions_used: int = Field(default=0, ge=0, description="Sessions in which drug was given under it.")
    approved_by: Id
    approved_at: Instant
    valid_until: Instant
    consent_version: Id | None = Field(default=None, description="Of protocols with one version for all consents.")
    protocol_version: Id
    treatment: TreatmentRoute | None = None
    max_single_mg: float | None = Field(default=None, description="Most milligrams at once.")
    booster_mg: float | None = Field(default=None, description="Most milligrams of a second dose; zero allows none.")
    weight_kg: float | None = Field(default=None, description="Weight that was known when it was given.")
    agreed_mg: float | None = Field(
        default=None, description="Of the approval before it by this route that was used, or that two agreed to."
    )
    medications_digest: str | None = Field(default=None, description="The medication list it was decided on.")
    state_of_dosing: State | None = Field(default=None, description="Where the patient's body is to be.")
    residence: State | None = Field(default=None, description="Where the patient lived when it was given.")
    consents: tuple[Id, ...] | None = Field(default=None, description="Consents it was decided on, as kind:version.")
    warnings: tuple[Id, ...] | None = Field(default=None, description="What is allowed and should be thought about.")
    conditions: tuple[Id, ...] | None = Field(default=None, description="What has to be confirmed before a dose.")
    conditions_met: dict[Id, Instant] | None = Field(default=None, description="Since when each is confirmed.")
    countersigned_by: Id | None = None
    suspended_for: tuple[Id, ...] = Field(default=(), description="Why it is suspended.")
    acknowledged: dict[Role, Instant] = Field(default_factory=dict, description="Who read this version, and when.")
    status: ApprovalStatus = ApprovalStatus.IN_FORCE
    ended_at: Instant | None = Field(default=None, description="From when on it carries no dose any more.")

    def unconfirmed(self, at: Instant | None = None) -> tuple[str, ...]:
        """Conditions that nobody has confirmed, as of now or of an instant."""
        met = self.conditions_met or {}
        return tuple(code for code in self.conditions or () if code not in met or (at is not None and met[code] > at))


class Vitals(Model):
    """One set of vital signs. A value that was not measured is absent, and absent is never normal."""

    systolic: int | None = Field(default=None, gt=0, le=350, description="mmHg")
    diastolic: int | None = Field(default=None, gt=0, le=250, description="mmHg")
    heart_rate: int | None = Field(default=None, gt=0, le=350, description="beats per minute")
    spo2: int | None = Field(default=None, ge=0, le=100, description="percent")
    respiratory_rate: int | None = Field(default=None, ge=0, le=80, description="breaths per minute")
    temperature_c: float | None = Field(default=None, ge=25, le=45, description="degrees Celsius")

    @property
    def is_complete(self) -> bool:
        """Whether every sign was measured that a dose waits for; only then it is a reading that was due."""
        return None not in (self.systolic, self.diastolic, self.heart_rate, self.spo2)


class Reading(Model):
    """Vital signs and when they were measured."""

    vitals: Vitals
    measured_at: Instant
    symptoms: tuple[Symptom, ...] = ()


class Dose(Model):
    """Drug that was given."""

    dose_mg: float = Field(gt=0)
    route: DrugRoute
    given_at: Instant
    approval_id: Id | None = Field(description="Of the approval that it was given under; None of one outside the gate.")
    lot: Id | None = Field(default=None, description="Lot of the drug.")
    verified_by: Id | None = Field(default=None, description="Who looked at drug and dose beside the one who gave it.")


class HomeAttestation(Model):
    """What is attested anew at every session at home (telehealth emergency plan: clinical.md HH1; sitter: J5b)."""

    address_confirmed: bool
    sitter_present: bool
    video_connected: bool
    address: Line | None = Field(default=None, description="Where help would have to come to.")
    local_emergency_number: Line | None = Field(default=None, description="911 reaches only the caller's own area.")
    callback_number: Line | None = None
    emergency_contact_confirmed: bool | None = None
    disconnect_plan_agreed: bool | None = None
    sitter_is_adult: bool | None = None
    pressure_cuff: bool | None = Field(default=None, description="A blood pressure cuff that works is there.")
