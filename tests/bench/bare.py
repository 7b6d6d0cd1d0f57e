"""The floor: a workflow that asks of Temporal what a course asks of it, call by call, and does nothing else.

It has no rules and no state beyond a counter. What each update and each timer causes is written in a script that was
read off the history of a real course (:mod:`tests.bench.transcript`), so both sides make the same calls at the same
points. The activities are the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow

from schemas.actors import Actor, Role
from schemas.base import Model
from schemas.events import CHAIN_START, Event
from schemas.facts import InsightCaptured
from schemas.messages import Delivery, MessageBatch, MessageRequest, Template
from schemas.pathway import Phase
from schemas.records import ActivityName, JournalBatch, PathwayView, TaskQueue
from workflows.conductor import ATTENTION_KEY, PHASE_KEY, SESSIONS_KEY
from workflows.rules.status import CALM

BENCH_QUEUE: Final = "bench"
"""Task queue of the floor."""

_ADDRESSEE: Final = Actor(id="th-fern", role=Role.THERAPIST)


class Calls(Model):
    """What one workflow task asks of Temporal, besides the update that may have brought it about."""

    writes: int = 0
    """Local activities."""
    messages: int = 0
    """Messages of one regular activity; none is no activity."""
    upserts: int = 0
    """Deadlines that pass before a command may change what is shown more than once."""
    timer: timedelta | None = None
    """A new live timer; the one before is cancelled if it has not fired."""


class Tick(Model):
    """The input of an update."""

    calls: Calls
    last: bool = False


class Tock(Model):
    """The answer to an update."""

    number: int


class Script(Model):
    """The input of the workflow: what happens without an update."""

    at_start: Calls
    at_timers: tuple[Calls, ...]
    """At each timer that fires, in order."""


@workflow.defn
class BareWorkflow:
    """Counts, and makes calls."""

    @workflow.init
    def __init__(self, script: Script) -> None:
        self.count = 0
        self.ended = False
        self.at_timers = iter(script.at_timers)
        self.timer: asyncio.Task[None] | None = None
        self.under_way: set[asyncio.Task[None]] = set()
        self.journal = asyncio.Lock()
        self.seq = 0
        self.hash = CHAIN_START
        self.make(script.at_start)

    @workflow.run
    async def run(self, script: Script) -> int:
        await workflow.wait_condition(lambda: self.ended and not self.under_way)
        if self.timer is not None:
            self.timer.cancel()
        return self.count

    @workflow.update
    def tick(self, tick: Tick) -> Tock:
        self.count += 1
        self.make(tick.calls)
        self.ended = tick.last
        return Tock(number=self.count)

    def make(self, calls: Calls) -> None:
        """Make the calls, without waiting for their end."""
        for _ in range(calls.upserts):
            workflow.upsert_search_attributes(
                [PHASE_KEY.value_set(f"step-{self.count}"), ATTENTION_KEY.value_set(CALM), SESSIONS_KEY.value_set(0)]
            )
        if calls.writes:
            self._begin(self._write(calls.writes))
        if calls.messages:
            self._begin(self._send(calls.messages))
        if calls.timer is not None:
            if self.timer is not None:
                self.timer.cancel()
            self.timer = asyncio.create_task(self._wait(calls.timer))

    def _begin(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _write(self, times: int) -> None:
        async with self.journal:
            for _ in range(times):
                self.seq += 1
                now = workflow.now()
                event = Event.chained(
                    self.hash,
                    seq=self.seq,
                    fact=InsightCaptured(session_id="S1", insight="tick"),
                    actor=_ADDRESSEE,
                    reason=None,
                    observed_at=now,
                    recorded_at=now,
                    command_id=None,
                    protocol="bench",
                )
                view = PathwayView(
                    phase=Phase.SESSION,
                    protocol="bench",
                    cycle=1,
                    sessions_given=0,
                    sessions_planned=1,
                    next_due_at=None,
                    next_due_reason=None,
                    opened_at=now,
                )
                await workflow.execute_local_activity(
                    ActivityName.WRITE_JOURNAL,
                    JournalBatch(
                        pathway_id=workflow.info().workflow_id,
                        episode="bench",
                        previous_hash=self.hash,
                        events=(event,),
                        view=view,
                    ),
                    schedule_to_close_timeout=timedelta(seconds=30),
                )
                self.hash = event.hash

    async def _send(self, number: int) -> None:
        mine = workflow.info().workflow_id
        messages = tuple(
            MessageRequest(
                id=f"{mine}-M{self.count}-{each}",
                template=Template.WORK_OVERDUE,
                to_role=_ADDRESSEE.role,
                to_id=_ADDRESSEE.id,
                about="W1",
                at=workflow.now(),
            )
            for each in range(number)
        )
        await workflow.execute_activity(
            ActivityName.DELIVER_MESSAGES,
            MessageBatch(pathway_id=mine, messages=messages),
            result_type=tuple[Delivery, ...],
            task_queue=TaskQueue.OUTREACH,
            start_to_close_timeout=timedelta(minutes=2),
        )

    async def _wait(self, duration: timedelta) -> None:
        await workflow.sleep(duration)
        self.timer = None
        self.make(next(self.at_timers, Calls()))
