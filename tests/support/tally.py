"""A small workflow with a door for everything that the plumbing has to guard: a typed start, updates, results."""

from datetime import timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from temporalio import activity, workflow

from schemas.public import Phrase


class Start(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    total: int = 0
    carry_to: str | None = None
    """Task queue on which to continue as new at once, carrying ``total``."""
    hand_to: str | None = None
    """Task queue on which to leave everything to a child, called ``handed``."""


class Add(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    amount: int = Field(ge=0)
    at: AwareDatetime


@activity.defn
async def double(number: int) -> int:
    return 2 * number


@workflow.defn
class Tally:
    @workflow.init
    def __init__(self, start: Start) -> None:
        self.total = start.total
        self.closed = False

    @workflow.run
    async def run(self, start: Start) -> int:
        workflow.set_current_details("Counting")
        if start.carry_to:
            workflow.continue_as_new(Start(name=start.name, total=start.total), task_queue=start.carry_to)
        if start.hand_to:
            return await workflow.execute_child_workflow(
                Tally.run,
                Start(name=start.name, total=start.total),
                id="handed",
                task_queue=start.hand_to,
                task_timeout=timedelta(seconds=1),
            )
        await workflow.wait_condition(lambda: self.closed)
        return await workflow.execute_activity(
            double,
            self.total,
            start_to_close_timeout=timedelta(seconds=10),
            summary=Phrase.WRITE_JOURNAL.text(number=1),
        )

    @workflow.update
    def add(self, command: Add) -> int:
        self.total += command.amount
        return self.total

    @workflow.update
    def close(self) -> None:
        self.closed = True

    @workflow.query
    def how_many(self) -> int:
        return self.total
