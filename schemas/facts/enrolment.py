"""Facts of referral and screening."""

from typing import Literal

from schemas.actors import CareTeam
from schemas.base import Id, State, Text, Zone
from schemas.facts.base import Fact
from schemas.referral import ReferralSource, TherapistWish
from schemas.treatment import Setting, TreatmentRoute


class ReferralReceived(Fact):
    """A referral opened the pathway."""

    type: Literal["referral_received"] = "referral_received"
    referral_id: Id
    source: ReferralSource
    setting: Setting
    zone: Zone
    residence: State
    concern: Text
    goals: tuple[Text, ...]
    therapist_id: Id | None
    treatment: TreatmentRoute | None = None
    indications: tuple[Id, ...] | None = None
    therapist: TherapistWish | None = None
    identity_pending: bool | None = None


class ReferralAccepted(Fact):
    """The patient was taken on by a care team."""

    type: Literal["referral_accepted"] = "referral_accepted"
    care_team: CareTeam


class ReferralDeclined(Fact):
    """The referral was refused; the pathway ended."""

    type: Literal["referral_declined"] = "referral_declined"


class ScreeningDecided(Fact):
    """A physician decided on eligibility."""

    type: Literal["screening_decided"] = "screening_decided"
    eligible: bool
