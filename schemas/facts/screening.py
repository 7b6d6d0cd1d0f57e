"""Facts of the screening."""

from typing import Literal

from pydantic import Field

from schemas.base import Id, Instant, Line, Text
from schemas.facts.base import Fact
from schemas.screening import HealthHistory, Lab, LabTest, Medication, MedicationList, Weight


class HealthHistoryRecorded(Fact):
    """The history was taken."""

    type: Literal["health_history_recorded"] = "health_history_recorded"
    history: HealthHistory


class ConditionCleared(Fact):
    """A physician decided that a relative contraindication does not stand in the way."""

    type: Literal["condition_cleared"] = "condition_cleared"
    condition: Id
    cleared_by: Id
    letter: Line | None = None


class MedicationsRecorded(Fact):
    """Somebody said what the patient takes; the list before is superseded."""

    type: Literal["medications_recorded"] = "medications_recorded"
    medications: MedicationList
    dropped: tuple[str, ...] = Field(description="Those with a washout time that are not on the list any more.")
    changed: tuple[str, ...] | None = Field(default=None, description="Those that are taken in another dose.")


class MedicationAccepted(Fact):
    """A physician decided that a dose may be given in spite of a medication."""

    type: Literal["medication_accepted"] = "medication_accepted"
    key: str
    accepted_by: Id
    plan: Text | None = None
    daily_mg: float | None = Field(default=None, description="Milligrams a day, where that matters.")
    above_flag: bool | None = Field(default=None, description="Whether that is more than the protocol passes over.")


class MedicationStopped(Fact):
    """A medication was stopped by whoever prescribes it."""

    type: Literal["medication_stopped"] = "medication_stopped"
    medication: Medication
    last_taken_at: Instant
    washout_until: Instant | None


class WashoutPassed(Fact):
    """The washout time of a stopped medication has passed. A physician decides what that means."""

    type: Literal["washout_passed"] = "washout_passed"
    key: str


class ScreeningLapsed(Fact):
    """A test, or the weight, has become too old for the next dose."""

    type: Literal["screening_lapsed"] = "screening_lapsed"
    what: Id


class LabRecorded(Fact):
    """A test was done."""

    type: Literal["lab_recorded"] = "lab_recorded"
    lab: Lab


class LabAccepted(Fact):
    """A physician decided that a remarkable result does not stand in the way."""

    type: Literal["lab_accepted"] = "lab_accepted"
    test: LabTest
    accepted_by: Id


class WeightRecorded(Fact):
    """The patient was weighed."""

    type: Literal["weight_recorded"] = "weight_recorded"
    weight: Weight
