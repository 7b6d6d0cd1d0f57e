"""Commands of consent: signing, withdrawing, and the capacity to do either."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import ANYONE, CLINICIANS, Role
from schemas.base import Id, Instant, Text
from schemas.commands.base import Command
from schemas.consents import DocumentHash, ReleaseScope


class RecordConsent(Command):
    """Record that the patient signed a consent, or renewed one."""

    verb: ClassVar[str] = "record_consent"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {
        "kind": "treatment",
        "version": "2026-11",
        "acknowledged": [
            "off_label",
            "compounded_not_fda_approved",
            "risks",
            "alternatives",
            "no_driving",
            "substances_to_avoid",
            "withdrawal_and_monitoring",
        ],
    }
    kind: Id
    version: Id
    signed_at: Instant | None = None
    acknowledged: tuple[Id, ...] = Field(
        default=(), max_length=50, description="Disclosures of the protocol that the patient acknowledged, one by one."
    )
    recipient: Id | None = Field(default=None, description="Of a release of information: who may be told.")
    scope: tuple[ReleaseScope, ...] = Field(
        default=(), max_length=10, description="Of a release of information: what may be told."
    )
    ends_at: Instant | None = Field(default=None, description="An end that the patient gives it.")
    document_hash: DocumentHash | None = Field(default=None, description="SHA-256 of the document as signed.")


class WithdrawConsent(Command):
    """Record that the patient withdrew a consent. Nobody has to agree to it."""

    verb: ClassVar[str] = "withdraw_consent"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"kind": "treatment"}
    kind: Id


class AcknowledgeWithdrawal(Command):
    """Take note, as a physician, that the patient withdrew while drug acts: from now on only monitoring."""

    verb: ClassVar[str] = "acknowledge_withdrawal"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})


class RecordContinuation(Command):
    """Record what goes on after the patient left the treatment: therapy, and each other consent, asked one by one."""

    verb: ClassVar[str] = "record_continuation"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {
        "therapy": True,
        "goes_on": {"release_of_information": True, "messages": True, "recording": False},
    }
    therapy: bool
    goes_on: dict[Id, bool] = Field(
        default_factory=dict, max_length=50, description="For each kind that the protocol asks about: does it go on?"
    )


class QuestionCapacity(Command):
    """Doubt that the patient can consent now. No dose is given, and nothing signed, until a clinician's note."""

    verb: ClassVar[str] = "question_capacity"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    needs_reason: ClassVar[bool] = True


class NoteCapacity(Command):
    """Note the capacity to consent: after a doubt, and before a consent that was withdrawn is signed anew."""

    verb: ClassVar[str] = "note_capacity"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    example: ClassVar[dict[str, Any]] = {
        "has_capacity": True,
        "summary": "Understands, weighs and says in own words what is offered and refused.",
    }
    has_capacity: bool
    summary: Text
