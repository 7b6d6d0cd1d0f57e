"""What medications mean for a dose. They are recognised by ingredient; brand names lead to it."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model
from schemas.naming import squashed
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.screening import MedicationAction

FOR_PHYSICIANS = (MedicationAction.BLOCK, MedicationAction.REVIEW)
"""Actions that wait for a physician."""


class MedicationClass(Model):
    """Medications that are treated alike."""

    title: Line
    action: MedicationAction
    hold_hours: Quantity | None = Field(default=None, description="Hours without it before a dose.")
    hold_hours_preferred: Quantity | None = Field(default=None, description="Hours that are better, where possible.")
    washout_days: Quantity | None = Field(default=None, description="Days after its last dose until it is reviewed.")
    flag_above_mg: Quantity | None = Field(
        default=None, description="Daily dose that a physician looks at twice, as milligrams of the one it is told in."
    )
    equivalents_mg: dict[Line, Quantity] = Field(
        default_factory=dict, description="Milligrams of each ingredient that act like equivalent_to_mg."
    )
    equivalent_to_mg: Quantity | None = Field(default=None, description="What they are compared with.")
    advice: str = ""
    ingredients: dict[Line, tuple[Line, ...]] = Field(min_length=1, description="Brand names of each ingredient.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""

    @model_validator(mode="after")
    def _with_its_times(self) -> Self:
        if (self.action is MedicationAction.BLOCK) is not (self.washout_days is not None):
            raise Unacceptable("a class that blocks has a washout time, and no other class has one")
        flagged = self.flag_above_mg is not None
        if flagged is not (self.equivalent_to_mg is not None) or flagged is not bool(self.equivalents_mg):
            raise Unacceptable("a daily dose that is looked at twice needs the doses that compare, and only it")
        if any(ingredient not in self.ingredients for ingredient in self.equivalents_mg):
            raise Unacceptable("a dose that compares is of an ingredient that is not in its class")
        if self.action is MedicationAction.HOLD and self.hold_hours is None:
            raise Unacceptable("a class that is held before a dose says for how many hours")
        return self


class MedicationRules(Model):
    """Every class of medications, and the words around a name that say nothing about what it is."""

    classes: dict[Id, MedicationClass] = Field(min_length=1)
    combinations: dict[Line, tuple[Line, ...]] = Field(
        default_factory=dict, description="Ingredients of products that have several."
    )
    unrecognised: MedicationAction = Field(description="What happens with a name that is in no class.")
    unspecific_words: tuple[Line, ...] = Field(default=(), description="Units, times, salts and forms.")

    @model_validator(mode="after")
    def _recognisable(self) -> Self:
        if self.unrecognised not in FOR_PHYSICIANS:
            raise Unacceptable("what is not recognised is for a physician, never allowed or passed over")
        meanings: dict[str, tuple[str, ...]] = {}
        for name, ingredients in self.names():
            if not squashed(name) or meanings.setdefault(squashed(name), ingredients) != ingredients:
                raise Unacceptable("a name of a medication stands for nothing, or for two things")
        if any(squashed(word) in meanings for word in self.unspecific_words):
            raise Unacceptable("a word that says nothing is the name of a medication, too")
        known = {ingredient for rules in self.classes.values() for ingredient in rules.ingredients}
        if any(one not in known for ingredients in self.combinations.values() for one in ingredients):
            raise Unacceptable("a combination has an ingredient that is in no class")
        return self

    def names(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Every name with the ingredients that it stands for; one of an ingredient in two classes comes twice."""
        for rules in self.classes.values():
            for ingredient, brands in rules.ingredients.items():
                for name in (ingredient, *brands):
                    yield name, (ingredient,)
        yield from self.combinations.items()
