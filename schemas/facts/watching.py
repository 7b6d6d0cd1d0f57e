"""Facts while a patient is watched."""

from typing import Literal

from schemas.base import Id, Instant
from schemas.facts.base import Fact


class InfusionEnded(Fact):
    """The infusion has ended."""

    type: Literal["infusion_ended"] = "infusion_ended"
    session_id: Id


class SitterChecked(Fact):
    """The sitter looked at the patient."""

    type: Literal["sitter_checked"] = "sitter_checked"
    session_id: Id
    responsive: bool
    breathing_calmly: bool


class SitterCheckBecameLate(Fact):
    """The sitter's look that was due was not told."""

    type: Literal["sitter_check_became_late"] = "sitter_check_became_late"
    session_id: Id
    due_at: Instant


class ContactLost(Fact):
    """The patient at home can neither be seen nor heard."""

    type: Literal["contact_lost"] = "contact_lost"
    session_id: Id


class SitterContacted(Fact):
    """Somebody called the sitter."""

    type: Literal["sitter_contacted"] = "sitter_contacted"
    session_id: Id
    reached: bool


class ContactStayedLost(Fact):
    """Nobody told in time that the sitter was reached. It counts as not reached."""

    type: Literal["contact_stayed_lost"] = "contact_stayed_lost"
    session_id: Id
