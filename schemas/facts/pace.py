"""Facts about how close sessions follow each other."""

from typing import Literal

from schemas.base import Id
from schemas.facts.base import Fact


class PaceConfirmed(Fact):
    """The therapist found that integration fits between the sessions of an approval."""

    type: Literal["pace_confirmed"] = "pace_confirmed"
    approval_id: Id


class SpacingReviewed(Fact):
    """A physician decided on sessions that are still as close as in the beginning."""

    type: Literal["spacing_reviewed"] = "spacing_reviewed"
    go_on: bool
