"""Who may be treated: contraindications, laboratory tests and weight."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.screening import LabTest
from schemas.treatment import DrugRoute


class Condition(Model):
    """A contraindication."""

    title: Line
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class LabNeed(StrEnum):
    """Whom a laboratory test is required of."""

    EVERYBODY = "everybody"
    CHILDBEARING_POTENTIAL = "childbearing_potential"
    CARDIAC_RISK = "cardiac_risk"
    IF_SUSPECTED = "if_suspected"


class LabRule(Model):
    """How old a result may be at a dose."""

    needed: LabNeed
    valid_days_first_dose: Quantity = Field(description="Most days between the test and the first dose.")
    valid_days_later: Quantity = Field(description="Most days between the test and each later dose.")
    every_sessions: Quantity | None = Field(default=None, description="Sessions after which it is due anew.")


class HomeProfile(Model):
    """Who may be treated at home: a profile of low risk."""

    without: tuple[Id, ...] = Field(description="Conditions with which it is the clinic only, even when cleared.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class EligibilityRules(Model):
    """What is asked of everybody, and what it leads to."""

    min_age_years: Quantity = Field(description="Age from which a patient may be treated.")
    ecg_age_years: Quantity = Field(description="Age from which an electrocardiogram is required.")
    absolute: dict[Id, Condition] = Field(min_length=1, description="Present: the patient is not eligible.")
    relative: dict[Id, Condition] = Field(min_length=1, description="Present: a physician's clearance is needed.")
    stop_bang: Quantity | None = Field(default=None, description="Score from which sleep apnoea counts as present.")
    sleep_apnea: Id | None = Field(default=None, description="The condition that such a score means.")
    cardiac: tuple[Id, ...] = Field(default=(), description="Conditions that make an electrocardiogram necessary.")
    ecg_routes: tuple[DrugRoute, ...] = Field(default=(), description="Routes that make one necessary.")
    weighed_routes: tuple[DrugRoute, ...] = Field(default=(), description="Routes whose dose goes by weight.")
    at_home: HomeProfile | None = None
    labs: dict[LabTest, LabRule]
    weight_valid_days: Quantity = Field(description="Most days between weighing and a dose that goes by weight.")

    @model_validator(mode="after")
    def _each_condition_once(self) -> Self:
        if self.absolute.keys() & self.relative.keys():
            raise Unacceptable("a condition is either an absolute or a relative contraindication")
        if any(code not in self.absolute and code not in self.relative for code in self.cardiac):
            raise Unacceptable("a cardiac condition is not among the contraindications")
        if self.at_home is not None and any(code not in self.relative for code in self.at_home.without):
            raise Unacceptable("a condition that ends a low risk at home is not among the relative contraindications")
        if (self.stop_bang is None) is not (self.sleep_apnea is None):
            raise Unacceptable("a score for sleep apnoea and the condition that it means belong together")
        if self.sleep_apnea is not None and self.sleep_apnea not in self.relative:
            raise Unacceptable("sleep apnoea is not among the relative contraindications")
        return self
