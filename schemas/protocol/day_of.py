"""The day of a session, and the day before it."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.treatment import Setting


class FastingRules(Model):
    """How long before a dose the last food and the last clear liquids have to lie."""

    solids_h: Quantity
    clear_liquids_h: Quantity

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.clear_liquids_h.value > self.solids_h.value:
            raise Unacceptable("clear liquids are allowed for longer than food")
        return self


class DoseCheckRules(Model):
    """How the drug itself is looked at before it is given."""

    lot: bool = Field(description="Whether its lot is recorded.")
    second_look_in: tuple[Setting, ...] = Field(description="Where a second person looks at drug and dose.")
    provenance: Provenance
    source: str


class DayRules(Model):
    """When a booked session is looked at before it begins, in hours before its start."""

    opens_h: Quantity
    """The checklist opens; a session without an approval that covers it is released."""
    cutoff_h: Quantity
    """What nobody has acknowledged by then blocks the session."""
    reconciled_within_h: Quantity
    """Oldest that a look at the medication list may be at a dose."""
    fasting: FastingRules
    companion: bool = Field(description="Whether somebody takes the patient home, or stays with the patient at home.")
    no_driving: bool = Field(description="Whether the patient agrees not to drive until the next day, after sleep.")
    dose_check: DoseCheckRules
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.cutoff_h.value >= self.opens_h.value:
            raise Unacceptable("the day before begins before its cutoff")
        return self
