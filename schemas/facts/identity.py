"""Facts about who the person is."""

from typing import Literal

from schemas.base import Id, Text
from schemas.facts.base import Fact
from schemas.referral import Match, MergeOutcome, ReferralSource


class IdentityCompared(Fact):
    """The directory was searched for people who may be the same."""

    type: Literal["identity_compared"] = "identity_compared"
    matches: tuple[Match, ...]


class MergeDecided(Fact):
    """A human decided whether a probable match is the same person."""

    type: Literal["merge_decided"] = "merge_decided"
    other_pathway_id: Id
    outcome: MergeOutcome


class ReferralRepeated(Fact):
    """The person was referred again while the pathway is open."""

    type: Literal["referral_repeated"] = "referral_repeated"
    referral_id: Id
    source: ReferralSource
    concern: Text
    goals: tuple[Text, ...]


class RepeatedReferralReviewed(Fact):
    """A human read the repeated referrals."""

    type: Literal["repeated_referral_reviewed"] = "repeated_referral_reviewed"
    referrals: int
