"""Whom the treatments are for."""

from pydantic import Field

from schemas.base import Id, Line, Model
from schemas.protocol.quantity import Provenance
from schemas.treatment import TreatmentRoute


class Indication(Model):
    """What somebody may be referred for, and the treatments that the clinic offers for it."""

    title: Line
    treatments: tuple[TreatmentRoute, ...] = Field(min_length=1)
    provenance: Provenance
    source: str = ""
    conflict: str = ""


class ReferralRules(Model):
    """Suitability of a referral. Outside the list only a physician accepts, with a reason."""

    indications: dict[Id, Indication] = Field(min_length=1)
