"""What is watched after a dose, and when it alarms."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.monitoring import Symptom
from schemas.protocol.quantity import Quantity
from schemas.protocol.vitals import BloodPressure
from schemas.refusals import Unacceptable


class Thresholds(Model):
    """Limits of one level of alarm. Blood pressures alarm from the limit on, the others beyond it."""

    pressure: BloodPressure
    heart_rate_above: Quantity
    heart_rate_below: Quantity | None = None
    spo2_below: Quantity
    respiratory_rate_below: Quantity | None = None


class EmergencyRules(Model):
    """What is an emergency by itself, and what is one only with symptoms."""

    pressure_with_symptoms: BloodPressure = Field(description="Above it, together with any symptom.")
    spo2_below: Quantity
    spo2_for_s: Quantity = Field(description="Seconds between the first and the second reading below it.")
    respiratory_rate_below: Quantity
    symptoms: tuple[Symptom, ...] = Field(min_length=1, description="Each of them alone is an emergency.")


class DischargeRules(Model):
    """When a patient may leave."""

    padss_min: Quantity = Field(description="Least score of the post-anaesthetic discharge scoring system, 0-10.")
    baseline_percent: Quantity = Field(description="Most deviation of blood pressure and heart rate from the baseline.")


class AdverseEventRules(Model):
    """What follows from the grade of an adverse event."""

    review_from_grade: Quantity = Field(description="Grade from which a physician reviews before the next dose.")
    suspends_from_grade: Quantity = Field(description="Grade from which the series stops.")
    emergency_from_grade: Quantity = Field(description="Grade from which it is an emergency.")
    transient_min: Quantity = Field(description="Minutes within which an asymptomatic rise in pressure is of grade 1.")
    grave_review_min: Quantity | None = Field(
        default=None, description="Minutes within which a physician reviews one that stops the series."
    )
    revisit_from_grade: Quantity | None = Field(
        default=None, description="Grade from which the patient is seen again before dosing is approved anew."
    )


class SitterRules(Model):
    """How the sitter watches a session at home."""

    every_min: Quantity = Field(description="Minutes between two looks at the patient.")
    contact_min: Quantity = Field(description="Minutes after contact was lost until it is an emergency.")


class MonitoringRules(Model):
    """Everything about the time after a dose."""

    late_min: Quantity = Field(description="Minutes after which a reading that is due is late: an alarm.")
    alert: Thresholds
    stop: Thresholds
    emergency: EmergencyRules
    discharge: DischargeRules
    adverse_events: AdverseEventRules
    sitter: SitterRules | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        lower, upper = self.alert.pressure, self.stop.pressure
        if lower.systolic.value > upper.systolic.value or lower.diastolic.value > upper.diastolic.value:
            raise Unacceptable("an alert must come before further drug is stopped")
        grades = self.adverse_events
        if not grades.review_from_grade.value <= grades.suspends_from_grade.value <= grades.emergency_from_grade.value:
            raise Unacceptable("graver adverse events must have graver consequences")
        return self
