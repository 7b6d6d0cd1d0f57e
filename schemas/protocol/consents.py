"""Consents: which ones there are, for whom each is needed, and how long it lasts."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model
from schemas.consents import ConsentUse
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.treatment import DrugRoute


class ConsentNeed(StrEnum):
    """For whom a consent is needed before a dose."""

    EVERYBODY = "everybody"
    HOME = "home"
    """Whoever is treated at home."""
    DRUG_ROUTE = "drug_route"
    """Whoever is given the drug by one of the routes that are listed."""
    EXTERNAL_THERAPIST = "external_therapist"
    """Whoever has a therapist of another practice, who is told about the treatment."""
    INDICATION = "indication"
    """Whoever is treated for one of the indications that are listed."""
    NOBODY = "nobody"
    """It is offered, and off until the patient asks for it."""


class ConsentRule(Model):
    """One kind of consent, in its current version."""

    title: Line
    version: Id
    needed: ConsentNeed
    covers: ConsentUse
    drug_routes: tuple[DrugRoute, ...] = ()
    indications: tuple[Id, ...] = ()
    disclosures: dict[Id, Line] = Field(
        default_factory=dict, description="What the patient acknowledges, one by one, by code."
    )
    cooling_off: bool = Field(default=False, description="Whether time has to pass between it and the first dose.")
    asked_after_withdrawal: bool = Field(
        default=False, description="Whether a patient who leaves the treatment is asked if this one goes on."
    )
    provenance: Provenance
    source: str = ""
    conflict: str = Field(default="", description="What another source says instead, where one does.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.provenance is Provenance.SOURCED and not self.source:
            raise Unacceptable("a sourced consent names its source")
        if bool(self.drug_routes) is not (self.needed is ConsentNeed.DRUG_ROUTE):
            raise Unacceptable("routes of administration belong to a consent that is needed for them")
        if bool(self.indications) is not (self.needed is ConsentNeed.INDICATION):
            raise Unacceptable("indications belong to a consent that is needed for them")
        return self


class ConsentRules(Model):
    """Every kind of consent, and the times that hold for all of them. A time that is absent asks for nothing."""

    kinds: dict[Id, ConsentRule] = Field(min_length=1)
    valid_days: Quantity | None = Field(default=None, description="Days from the signature until it expires.")
    renew_days_before: Quantity | None = Field(
        default=None, description="Days before a consent expires on which somebody is asked to have it renewed."
    )
    cooling_off_h: Quantity | None = Field(
        default=None, description="Least hours between a consent with a cooling-off period and the first dose."
    )
    capacity_h: Quantity | None = Field(
        default=None, description="Hours after a dose in which no signature counts: the capacity is in doubt."
    )
    acknowledge_withdrawal_min: Quantity | None = Field(
        default=None, description="Minutes in which a physician takes note of a withdrawal while drug acts."
    )
    source: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not any(rule.covers is ConsentUse.TREATMENT for rule in self.kinds.values()):
            raise Unacceptable("a consent to the treatment itself is missing")
        lasts, before = self.valid_days, self.renew_days_before
        if before is not None and (lasts is None or before.value >= lasts.value):
            raise Unacceptable("a renewal is asked for within the time that a consent lasts")
        return self
