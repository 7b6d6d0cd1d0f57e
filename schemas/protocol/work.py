"""Who owes what by when, and what happens when it is late."""

from typing import Annotated

from pydantic import Field

from schemas.actors import Role
from schemas.base import Model
from schemas.messages import Template
from schemas.protocol.quantity import Unit
from schemas.work import Priority


class Ladder(Model):
    """When an unfinished work item is raised again, in hours after it was due. It is never closed by time."""

    steps_h: Annotated[tuple[float, ...], Unit("h")] = Field(
        min_length=1, description="Hours after it was due at which it is raised."
    )
    repeat_every_h: Annotated[float, Unit("h")] = Field(gt=0, description="Hours between raises after the last step.")
    source: str


class WorkRule(Model):
    """Who owes a kind of work, and by when."""

    owner: Role
    due_h: Annotated[float, Unit("h")] = Field(
        gt=0, description="Hours from opening until due, unless the facts give an instant."
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
    ladder: Ladder | None = Field(default=None, description="The protocol's own ladder where none is given.")
    source: str
