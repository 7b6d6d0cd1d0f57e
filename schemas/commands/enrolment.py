"""Commands of referral and screening."""

from typing import Any, ClassVar

from schemas.actors import CareTeam, Role
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
