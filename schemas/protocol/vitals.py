"""What must be measured before a dose, and what it must be."""

from pydantic import Field

from schemas.base import Model
from schemas.protocol.quantity import Quantity
from schemas.treatment import Setting


class BloodPressure(Model):
    """A pair of limits in mmHg."""

    systolic: Quantity
    diastolic: Quantity


class OlderGo(Model):
    """What is in range for older patients, where a clinic wants it so."""

    in_use: bool = False
    from_age_years: Quantity
    go: BloodPressure


class PredoseLimits(Model):
    """Limits before a dose in one setting. Pressures up to ``go`` are in range; above ``hold_above`` is held."""

    go: BloodPressure
    hold_above: BloodPressure
    go_older: OlderGo | None = None
    heart_rate_max: Quantity | None = Field(default=None, description="Lower than elsewhere, if given.")

    def go_at(self, age_years: int | None) -> BloodPressure:
        """What is in range at an age in years; an age that is not known is no high one."""
        older = self.go_older
        applies = older is not None and older.in_use and (age_years or 0) >= older.from_age_years.value
        return older.go if older is not None and applies else self.go


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

    def heart_rate_max_in(self, setting: Setting) -> Quantity:
        """The highest heart rate that is in range before a dose in a setting."""
        return self.predose[setting].heart_rate_max or self.heart_rate_max
