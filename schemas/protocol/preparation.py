"""How a patient is prepared."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.preparation import PreparationItem, PreparationKind
from schemas.protocol.quantity import Quantity
from schemas.refusals import Unacceptable


class PreparationRules(Model):
    """Visits before the first session, and the brief preparation before each later one."""

    min_visits: Quantity
    recommended_visits: Quantity
    length_min: Quantity = Field(description="Minutes of each of the least visits; several short ones add up.")
    min_hours_before_first: Quantity = Field(description="From a preparation to the first dose, at least.")
    max_days_before_first: Quantity = Field(description="From a preparation to the first dose, at most.")
    brief_length_min: Quantity
    checklist: tuple[PreparationItem, ...] = Field(min_length=1)
    brief_checklist: tuple[PreparationItem, ...] = Field(min_length=1)
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_visits.value > self.recommended_visits.value:
            raise Unacceptable("fewer preparation visits are recommended than needed")
        if self.min_hours_before_first.value >= self.max_days_before_first.value * 24:
            raise Unacceptable("no instant is both long enough after a preparation and soon enough")
        return self

    def asked(self, kind: PreparationKind) -> tuple[tuple[PreparationItem, ...], float, float]:
        """What a kind of preparation asks for: items, minutes in all, and visits."""
        if kind is PreparationKind.BRIEF:
            return self.brief_checklist, self.brief_length_min.value, 1
        return self.checklist, self.length_min.value * self.min_visits.value, self.min_visits.value
