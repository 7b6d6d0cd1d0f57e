"""Facts of questionnaires and of suicide risk."""

from typing import Literal

from schemas.actors import Role
from schemas.base import Id, Instant
from schemas.facts.base import Fact
from schemas.measures import Answers, Score


class MeasureRecorded(Fact):
    """A questionnaire was answered and scored."""

    type: Literal["measure_recorded"] = "measure_recorded"
    score: Score
    answers: Answers


class RiskUnassessed(Fact):
    """The time to assess a sign of suicide risk passed; from now on it counts as high."""

    type: Literal["risk_unassessed"] = "risk_unassessed"
    since: Instant


class RiskContactRecorded(Fact):
    """A clinician tried to speak with the patient about the risk."""

    type: Literal["risk_contact_recorded"] = "risk_contact_recorded"
    reached: bool


class RiskCleared(Fact):
    """A clinician judged that dosing may go on. With the second one, who ends the block, it is complete."""

    type: Literal["risk_cleared"] = "risk_cleared"
    role: Role
    actor_id: Id
    complete: bool
