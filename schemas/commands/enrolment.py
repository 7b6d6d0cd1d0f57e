"""Commands of referral, screening and consent."""

from typing import Any, ClassVar

from schemas.actors import ANYONE, CareTeam, Role
from schemas.base import Id, Instant
from schemas.commands.base import Command


class AcceptReferral(Command):
    """Take the patient on and name the care team."""

    verb: ClassVar[str] = "accept_referral"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {
        "care_team": {"physician_id": "dr-sage", "therapist_id": "th-fern", "coordinator_id": "co-moss"}
    }
    care_team: CareTeam


class DeclineReferral(Command):
    """Refuse the referral; the pathway ends."""

    verb: ClassVar[str] = "decline_referral"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True


class DecideScreening(Command):
    """The physician's decision on whether the patient is eligible."""

    verb: ClassVar[str] = "decide_screening"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {"eligible": True, "reason": "No contraindication found."}
    needs_reason: ClassVar[bool] = True
    eligible: bool


class RecordConsent(Command):
    """Record that the patient signed a consent."""

    verb: ClassVar[str] = "record_consent"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"kind": "treatment", "version": "2026-11"}
    kind: Id
    version: Id
    signed_at: Instant | None = None


class WithdrawConsent(Command):
    """Record that the patient withdrew a consent. Nobody has to agree to it."""

    verb: ClassVar[str] = "withdraw_consent"
    by: ClassVar[frozenset[Role]] = ANYONE
    example: ClassVar[dict[str, Any]] = {"kind": "treatment"}
    kind: Id
