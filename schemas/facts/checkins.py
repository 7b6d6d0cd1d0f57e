"""Facts of check-ins after a session."""

from enum import StrEnum
from typing import Literal

from schemas.base import Id, Text
from schemas.checkins import SideEffect, WelfareDecision
from schemas.facts.base import Fact


class MissedStage(StrEnum):
    """What a check-in that nobody answers asks for next."""

    HUMAN_CALL = "human_call"
    WELFARE_DECISION = "welfare_decision"


class CheckinDue(Fact):
    """The time for a check-in came; somebody owes it."""

    type: Literal["checkin_due"] = "checkin_due"
    checkin_id: Id


class CheckinMissed(Fact):
    """A check-in is still unanswered. It stays open, and more is owed."""

    type: Literal["checkin_missed"] = "checkin_missed"
    checkin_id: Id
    stage: MissedStage


class CheckinRecorded(Fact):
    """The patient was reached; the check-in is done."""

    type: Literal["checkin_recorded"] = "checkin_recorded"
    checkin_id: Id
    side_effects: tuple[SideEffect, ...] | None
    note: Text | None


class CheckinAttempted(Fact):
    """The patient was not reached; the check-in stays open."""

    type: Literal["checkin_attempted"] = "checkin_attempted"
    checkin_id: Id
    note: Text | None


class WelfareDecided(Fact):
    """A clinician decided what to do about a patient whom nobody reaches."""

    type: Literal["welfare_decided"] = "welfare_decided"
    checkin_id: Id
    decision: WelfareDecision


class SafetyContactDeclined(Fact):
    """A patient who withdrew wants no safety contact either; every check-in ends."""

    type: Literal["safety_contact_declined"] = "safety_contact_declined"
