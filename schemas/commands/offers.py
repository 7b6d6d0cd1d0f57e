"""Commands about the search for a therapist: offered to one candidate after another, who answer for themselves."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id
from schemas.commands.base import Command
from schemas.team import Candidate


class OfferTherapist(Command):
    """Offer the therapist's empty place to candidates, one after another. The patient's own therapist is asked first.

    Whoever declines, or does not answer in time, is followed by the next. Silence never accepts.
    """

    verb: ClassVar[str] = "offer_therapist"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR})
    example: ClassVar[dict[str, Any]] = {
        "candidates": [{"person_id": "th-birch"}, {"person_id": "th-elm", "practice_id": "pr-elm"}]
    }
    candidates: tuple[Candidate, ...] = Field(min_length=1, max_length=20, description="In the order of asking.")


class AnswerOffer(Command):
    """Accept or decline, as the candidate, the place that was offered. Whoever accepts is the therapist from now on."""

    verb: ClassVar[str] = "answer_offer"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST})
    example: ClassVar[dict[str, Any]] = {"offer_id": "O1", "accepted": True}
    offer_id: Id
    accepted: bool


class WithdrawOffer(Command):
    """Take back the offer that stands. Nobody else of its list is asked."""

    verb: ClassVar[str] = "withdraw_offer"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"offer_id": "O1"}
    offer_id: Id
