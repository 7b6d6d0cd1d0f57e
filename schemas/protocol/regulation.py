"""Rules that hold until a date, or in a state: data, because both change without anybody asking the clinic."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model, State
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable


class HomeRule(StrEnum):
    """Whether a state lets a patient take a dose at home that was prescribed over video."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    IN_PERSON_FIRST = "in_person_first"


class StateRule(Model):
    """One state's rule. It goes by where the patient's body is, at the dose and where doses are sent."""

    home: HomeRule
    in_person_within_months: Quantity | None = Field(
        default=None, description="Most months between a visit in person and a dose; any time before, if not given."
    )
    note: str = ""
    provenance: Provenance
    source: str = ""
    conflict: str = Field(default="", description="What another source says instead, where one does.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.provenance is Provenance.SOURCED and not self.source:
            raise Unacceptable("a sourced rule names its source")
        if self.in_person_within_months is not None and self.home is not HomeRule.IN_PERSON_FIRST:
            raise Unacceptable("months since a visit belong to a state that wants one first")
        return self


class TelemedicineRule(Model):
    """The temporary permission to prescribe controlled drugs to somebody who was never seen in person."""

    until: date = Field(description="Its last day; it ends with that day where the patient lives.")
    warn_days_before: Quantity = Field(description="Days before the end on which open pathways are looked at.")
    visit_days_before: Quantity = Field(description="Days before the end by which a visit in person is to be held.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn_days_before.value < self.visit_days_before.value:
            raise Unacceptable("pathways are looked at before the visit has to be held")
        return self


class RemsRules(Model):
    """The risk evaluation and mitigation strategy of a drug: certified site, enrolled patient, a form a session.

    It holds for the treatment routes that say by when the form is due.
    """

    form_blocks_next_dose: bool = Field(description="Whether a form that is owed blocks the dose after it.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class PdmpRule(Model):
    """When the prescription drug monitoring programme is looked up."""

    each_approval: bool = Field(description="Before each dosing approval, which is a prescription.")
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class RegulationRules(Model):
    """What the law asks for beside medicine. A state that is not listed blocks doses at home."""

    telemedicine: TelemedicineRule
    states: dict[State, StateRule] = Field(min_length=1)
    rems: RemsRules
    pdmp: PdmpRule
    unlisted_source: str = Field(description="Why a state that is not listed blocks.")
    source: str

    def home_in(self, state: str | None) -> HomeRule:
        """What holds at home in a state; blocked where it is not listed, or nobody knows the state."""
        rule = self.states.get(state) if state is not None else None
        return rule.home if rule is not None else HomeRule.BLOCKED
