"""What a pathway workflow starts from: an enrolment, or everything the run before it carried over."""

from typing import Self

from pydantic import Field, model_validator

from schemas.answers import Answered
from schemas.base import Instant, Model
from schemas.clock import Clock
from schemas.events import CHAIN_START, Event
from schemas.messages import MessageRequest, Unrecorded
from schemas.pathway import Pathway
from schemas.referral import Enrolment
from schemas.refusals import Unacceptable


class Carried(Model):
    """All waiting state of a run. Nothing else survives continue-as-new, so nothing else may be waited on."""

    clock: Clock
    state: Pathway
    chain: str = Field(default=CHAIN_START, description="Hash of the last event that is in the journal.")
    unwritten: tuple[Event, ...] = Field(default=(), description="Events that are not yet in the journal.")
    unsent: tuple[MessageRequest, ...] = Field(default=(), description="Messages that are not yet delivered.")
    held: dict[str, Instant] = Field(default_factory=dict, description="Messages that rest, and until when.")
    unrecorded: tuple[Unrecorded, ...] = Field(default=(), description="Pages whose outbox rows are to be written.")
    answered: tuple[Answered, ...] = Field(default=(), description="Commands whose duplicates are still recognised.")


class Tuning(Model):
    """Engine limits of a run; no clinical meaning. Tests make them small to continue as new all the time."""

    continue_after_events: int = Field(default=1000, ge=1, description="History length at which a run is handed over.")
    continue_after_commands: int = Field(default=500, ge=1, description="Accepted commands after which it is, too.")
    remember_commands: int = Field(default=500, ge=1, description="Commands whose duplicates are recognised.")


class PathwayStart(Model):
    """Input of the ``CarePathway`` workflow: exactly one of the two ways to begin."""

    enrolment: Enrolment | None = None
    carried: Carried | None = None
    tuning: Tuning = Tuning()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.enrolment is None) == (self.carried is None):
            raise Unacceptable("a pathway starts either from an enrolment or from what an earlier run carried over")
        return self
