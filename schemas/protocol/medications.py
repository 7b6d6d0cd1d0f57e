"""What medications mean for a dose. They are recognised by ingredient; brand names lead to it."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.screening import MedicationAction


class MedicationClass(Model):
    """Medications that are treated alike."""

    title: Line
    action: MedicationAction
    hold_hours: Quantity | None = Field(default=None, description="Hours without it before a dose.")
    washout_days: Quantity | None = Field(default=None, description="Days after its last dose until it is reviewed.")
    advice: str = ""
    ingredients: dict[Line, tuple[Line, ...]] = Field(min_length=1, description="Brand names of each ingredient.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class MedicationRules(Model):
    """Every class of medications, and the words around a name that say nothing about what it is."""

    classes: dict[Id, MedicationClass] = Field(min_length=1)
    unrecognised: MedicationAction = Field(description="What happens with a name that is in no class.")
    unspecific_words: tuple[Line, ...] = Field(default=(), description="Salts, forms and times of day.")

    @model_validator(mode="after")
    def _recognisable(self) -> Self:
        if self.unrecognised is MedicationAction.ALLOW:
            raise Unacceptable("what is not recognised is never allowed")
        brands: dict[str, str] = {}
        for rules in self.classes.values():
            for ingredient, names in rules.ingredients.items():
                for name in (ingredient, *names):
                    if brands.setdefault(name.casefold(), ingredient) != ingredient:
                        raise Unacceptable("a name of a medication stands for two ingredients")
        return self
