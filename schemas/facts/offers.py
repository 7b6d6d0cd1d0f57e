"""Facts of the search for a therapist."""

from typing import Literal

from pydantic import Field

from schemas.base import Id
from schemas.facts.base import Fact
from schemas.team import TherapistOffer


class TherapistOffered(Fact):
    """The therapist's place was offered to a candidate."""

    type: Literal["therapist_offered"] = "therapist_offered"
    offer: TherapistOffer
    passed_over: tuple[Id, ...] = Field(default=(), description="Who no longer held what is asked when it was offered.")


class TherapistOfferAnswered(Fact):
    """The candidate accepted or declined."""

    type: Literal["therapist_offer_answered"] = "therapist_offer_answered"
    offer_id: Id
    person_id: Id
    accepted: bool


class TherapistOfferExpired(Fact):
    """The candidate did not answer in time, which is no answer."""

    type: Literal["therapist_offer_expired"] = "therapist_offer_expired"
    offer_id: Id
    person_id: Id


class TherapistOfferWithdrawn(Fact):
    """The coordinator took the offer back."""

    type: Literal["therapist_offer_withdrawn"] = "therapist_offer_withdrawn"
    offer_id: Id
