"""What a patient consents to, and what is known of each consent."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Id, Instant, Model

DocumentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of the document as it was signed, in lower-case hexadecimal digits."""


class ConsentUse(StrEnum):
    """What rests on a consent."""

    TREATMENT = "treatment"
    """The treatment with the drug: its withdrawal ends all dosing."""
    DOSING = "dosing"
    """A way of dosing: at home, or by a route of administration."""
    RELEASE = "release"
    """Telling somebody outside the clinic."""
    MESSAGES = "messages"
    """Messages to the patient, whatever their channel."""
    OTHER = "other"


class ReleaseScope(StrEnum):
    """What may be told to the recipient of a release of information."""

    SCHEDULING = "scheduling"
    DOSE_PLAN = "dose_plan"
    SAFETY = "safety"
    MEASURES = "measures"
    NOTES = "notes"


class Consent(Model):
    """A consent and whether it still stands."""

    kind: Id
    version: Id
    signed_at: Instant
    since: Instant | None = Field(default=None, description="Since when it stands without a gap, if renewed.")
    withdrawn_at: Instant | None = None
    expired_at: Instant | None = None
    renewal_due_at: Instant | None = Field(default=None, description="Since when its renewal is asked for.")
    ends_at: Instant | None = Field(default=None, description="The end that the patient gave it.")
    recipient: Id | None = Field(default=None, description="Of a release: who may be told.")
    scope: tuple[ReleaseScope, ...] = Field(default=(), description="Of a release: what may be told.")
    document_hash: DocumentHash | None = None

    @property
    def is_active(self) -> bool:
        """Whether the patient stands by it, and it has not expired."""
        return self.withdrawn_at is None and self.expired_at is None

    @property
    def began_at(self) -> datetime:
        """Since when it stands without a gap."""
        return self.since or self.signed_at

    @property
    def name(self) -> str:
        """Kind and version: what an approval and a dose refer to."""
        return f"{self.kind}:{self.version}"


class Withdrawal(Model):
    """The patient withdrew from the treatment. Kept until the consent is signed anew."""

    kind: Id
    at: Instant
    session_id: Id | None = Field(default=None, description="The session in which drug still acted.")
    acknowledged_at: Instant | None = Field(default=None, description="When a physician had taken note of it.")
    therapy: bool | None = Field(default=None, description="Whether the therapy goes on; None until that is asked.")


class Consenting(Model):
    """What is known beside the consents themselves."""

    withdrawal: Withdrawal | None = None
    capacity_questioned_at: Instant | None = Field(default=None, description="A clinician doubts the capacity.")
    capacity_noted_at: Instant | None = Field(default=None, description="A clinician last found the capacity given.")
    declined: tuple[Id, ...] = Field(default=(), description="Kinds the patient wanted no more, asked after leaving.")
