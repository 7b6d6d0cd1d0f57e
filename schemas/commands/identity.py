"""Commands about who the person is: a human's alone."""

from typing import Any, ClassVar

from schemas.actors import Role
from schemas.base import Id
from schemas.commands.base import Command
from schemas.referral import MergeOutcome


class DecideMerge(Command):
    """Decide whether a probable match is the same person. A look-alike, such as a twin, is another person."""

    verb: ClassVar[str] = "decide_merge"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"other_pathway_id": "p-other", "outcome": "other_person"}
    other_pathway_id: Id
    outcome: MergeOutcome


class ReviewRepeatedReferral(Command):
    """State that the repeated referrals of this person were read."""

    verb: ClassVar[str] = "review_repeated_referral"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
