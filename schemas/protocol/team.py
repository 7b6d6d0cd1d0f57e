"""What is asked of those who treat, beside having a place in the care team."""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Model
from schemas.protocol.quantity import Provenance, Quantity
from schemas.refusals import Unacceptable
from schemas.team import Credential


class RoleCredentials(Model):
    """What one kind of clinician has to hold at the instant of a dose. Licences go by the state of the dose."""

    asks: tuple[Credential, ...] = Field(min_length=1)
    provenance: Provenance
    source: str = ""
    conflict: str = Field(default="", description="What another source says instead, where one does.")

    @model_validator(mode="after")
    def _sourced_rules_name_their_source(self) -> Self:
        if self.provenance is Provenance.SOURCED and not self.source:
            raise Unacceptable("a sourced rule names its source")
        return self


class CareTeamRules(Model):
    """Credentials of prescribers and therapists, which are checked separately."""

    prescriber: RoleCredentials
    therapist: RoleCredentials
    external_therapist: RoleCredentials = Field(description="Of a therapist with a practice of their own.")
    offer_stands_h: Quantity | None = Field(
        default=None, description="Hours that a candidate has to accept the therapist's place; none means no offers."
    )
    warn_days_before: Quantity = Field(description="Days before a credential ends on which the coordinator is told.")
