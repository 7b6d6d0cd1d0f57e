"""What must be measured before a dose, and what it must be."""

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.treatment import Setting


class BloodPressure(Model):
    """A pair of limits in mmHg."""

    systolic: Quantity
    diastolic: Quantity


class PredoseLimits(Model):
    """Blood pressure bands before a dose in one setting. Up to ``go`` is in range; above ``hold_above`` is held."""

    go: BloodPressure
    hold_above: BloodPressure


class VitalsRules(Model):
    """What must be measured before a dose, and what it must be."""

    predose: dict[Setting, PredoseLimits]
    immediate_hold: BloodPressure = Field(description="A single reading at or above either value holds at once.")
    max_repeats: Quantity
    valid_min: Quantity = Field(description="Age in minutes up to which a reading counts as recent.")
    heart_rate_min: Quantity
    heart_rate_max: Quantity
    spo2_min: Quantity
    repeat_gap_min: Quantity | None = Field(default=None, description="Minutes between two readings that both count.")
    carried_h: Quantity | None = Field(
        default=None, description="Hours before a check-in within which readings of a cancelled booking still count."
    )
    respiratory_rate_min: Quantity | None = Field(default=None, description="Least before a dose, where measured.")
    temperature_max_c: Quantity | None = Field(default=None, description="Most before a dose, where measured.")
