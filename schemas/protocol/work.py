"""Who owes what by when, and what happens when it is late."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.actors import Role
from schemas.base import Model
from schemas.messages import Template
from schemas.protocol.quantity import Quantity, Unit
from schemas.refusals import Unacceptable
from schemas.work import Priority


class Ladder(Model):
    """When an unfinished work item is raised again, in hours after it was due. It is never closed by time."""

    steps_h: Annotated[tuple[float, ...], Unit("h")] = Field(
        min_length=1, description="Hours after it was due at which it is raised."
    )
    repeat_every_h: Annotated[float, Unit("h")] = Field(
        default=0, ge=0, description="Hours between raises after the last step."
    )
    repeat_every_min: Annotated[float, Unit("min")] = Field(default=0, ge=0, description="Minutes beside the hours.")
    escalates_at_step: Annotated[int, Unit("raise")] = Field(
        default=2, ge=1, description="Raise from which it also reaches the role that it escalates to."
    )
    source: str

    @model_validator(mode="after")
    def _raised_again(self) -> Self:
        if not self.repeat_every:
            raise Unacceptable("work that nobody does is raised again and again")
        return self

    @property
    def repeat_every(self) -> timedelta:
        """Time between raises after the last step."""
        return timedelta(hours=self.repeat_every_h, minutes=self.repeat_every_min)


class ColleagueRules(Model):
    """What colleagues may do about each other's work. None of it closes anything or puts a deadline off."""

    transfer_stands_h: Quantity = Field(description="Hours that somebody has to accept work that is offered.")
    remind_again_h: Quantity = Field(description="Hours between two reminders of the same work.")


class WorkRule(Model):
    """Who owes a kind of work, and by when."""

    owner: Role
    due_h: Annotated[float, Unit("h")] = Field(
        default=0, ge=0, description="Hours from opening until due, unless the facts give an instant."
    )
    due_min: Annotated[float, Unit("min")] = Field(default=0, ge=0, description="Minutes beside the hours.")
    business_days: bool = Field(
        default=False,
        description="Its time, and that of its ladder, stands still while the clinic is closed.",
    )
    escalates_to: Role
    announced_by: Template | None = None
    announced_to: tuple[Role, ...] = ()
    overdue_by: Template = Template.WORK_OVERDUE
    reminded: tuple[Role, ...] = Field(
        default=(), description="Who is announced it again at each step of the ladder, and no more after the last."
    )
    priority: Priority | None = None
    on_call: bool = Field(default=False, description="Goes to the on-call clinician first, where one is named.")
    ladder: Ladder | None = Field(
        default=None, description="Where none is given, that of the priority, or else the protocol's own."
    )
    source: str

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if not self.due:
            raise Unacceptable("work needs some time until it is due")
        return self

    @property
    def due(self) -> timedelta:
        """From opening until due."""
        return timedelta(hours=self.due_h, minutes=self.due_min)
