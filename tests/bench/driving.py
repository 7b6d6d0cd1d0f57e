"""Driving courses through both sides, and measuring it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from typing import Protocol as Shape

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from clients.client import obeyed
from schemas.answers import Status
from schemas.commands import Command
from schemas.pathway import Closure, End
from schemas.protocol import Protocol
from schemas.records import TaskQueue
from schemas.referral import IntakeReceipt
from tests.bench.bare import BENCH_QUEUE, BareWorkflow, Script, Tick, Tock
from tests.bench.course import EPOCH, Step, course, referral
from tests.bench.surroundings import Surroundings
from tests.support.eventually import eventually
from workflows.pathway import CarePathway

PROGRAMS: Final = {"server": "temporal", "database": "postgres"}
"""Programs whose CPU time is told besides that of the workers."""


@dataclass(frozen=True)
class Played:
    """One course that was played to its end."""

    workflow_id: str
    first_run_id: str
    latencies: list[float]
    """Seconds from sending a command to its answer, in order."""
    intake: tuple[str, str] | None = None
    """Workflow and run of the intake before it."""


class Side(Shape):
    """One of the two that are compared."""

    name: str

    async def play(self, tell: Callable[[], None]) -> Played:
        """Play one course from its first word to its end; ``tell`` is called after each command."""


class PathwaySide:
    """A referral and everything that follows, through the real workflows."""

    name = "pathway"

    def __init__(self, around: Surroundings, protocol: Protocol) -> None:
        self._around = around
        self._protocol = protocol
        self._numbers = count(1)

    async def play(self, tell: Callable[[], None], *, slowly: bool = False, said: list[Step] | None = None) -> Played:
        """One course.

        Args:
            tell: Called after each command.
            slowly: Wait before each step until the pathway has nothing under way.
            said: Gets every step.
        """
        client = self._around.client
        clock = _PathwayTime()
        number = str(next(self._numbers))
        intake: WithStartWorkflowOperation[object, IntakeReceipt] = WithStartWorkflowOperation(
            "ReferralIntake",
            referral(number),
            id=f"intake-{number}",
            task_queue=TaskQueue.PATHWAYS,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            result_type=IntakeReceipt,
        )
        receipt: IntakeReceipt = await client.execute_update_with_start_workflow(
            "answer", start_workflow_operation=intake, result_type=IntakeReceipt
        )
        handle = client.get_workflow_handle_for(CarePathway.run, receipt.pathway_id)
        latencies: list[float] = []
        for step in course(self._protocol, clock.now):
            if slowly:
                await eventually(lambda: _is_quiet(handle), timeout=30)
            if said is not None:
                said.append(step)
            if isinstance(step, timedelta):
                await self._around.skipper.fast_forward(handle, step)
                clock.skipped += step
            else:
                latencies.append(await _timed(self._say(handle, step)))
                tell()
        closure: Closure | None = await handle.result()
        if closure is None or closure.end is not End.COMPLETED:
            raise RuntimeError("a course did not end as it should")
        before = await intake.workflow_handle()
        return Played(handle.id, await _first_run(handle), latencies, intake=(before.id, await _first_run(before)))

    @staticmethod
    async def _say(handle: WorkflowHandle[Any, Any], command: Command) -> None:
        receipt = await obeyed(handle, command)
        if receipt.command_id != command.command_id:
            raise RuntimeError("a command got another one's answer")


class BareSide:
    """The same calls through the floor."""

    name = "bare"

    def __init__(self, around: Surroundings, script: Script, ticks: Iterable[Tick | timedelta]) -> None:
        self._around = around
        self._script = script
        self._ticks = list(ticks)
        self._numbers = count(1)

    async def play(self, tell: Callable[[], None]) -> Played:
        """One course."""
        handle = await self._around.client.start_workflow(
            BareWorkflow.run, self._script, id=f"bare-{next(self._numbers)}", task_queue=BENCH_QUEUE
        )
        latencies: list[float] = []
        for step in self._ticks:
            if isinstance(step, timedelta):
                await self._around.skipper.fast_forward(handle, step)
            else:
                latencies.append(await _timed(self._tick(handle, step, len(latencies) + 1)))
                tell()
        await handle.result()
        return Played(handle.id, await _first_run(handle), latencies)

    @staticmethod
    async def _tick(handle: WorkflowHandle[Any, Any], tick: Tick, number: int) -> None:
        tock: Tock = await handle.execute_update(BareWorkflow.tick, tick)
        if tock.number != number:
            raise RuntimeError("an update was lost or doubled")


@dataclass
class Block:
    """What one block of courses, all of one side and begun together, took."""

    side: str
    courses: int
    seconds: float
    played: list[Played]
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU seconds by program."""

    @property
    def commands(self) -> int:
        """Commands that were accepted; every command of a course is."""
        return sum(len(played.latencies) for played in self.played)

    @property
    def latencies(self) -> list[float]:
        """Seconds of every command."""
        return [seconds for played in self.played for seconds in played.latencies]


async def block(around: Surroundings, side: Side, at_once: int, tell: Callable[[], None]) -> Block:
    """Play ``at_once`` courses side by side, from the first word of the first to the end of the last."""
    before = await _cpu(around)
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(side.play(tell)) for _ in range(at_once)]
    seconds = time.perf_counter() - started
    after = await _cpu(around)
    return Block(
        side=side.name,
        courses=at_once,
        seconds=seconds,
        played=[task.result() for task in tasks],
        cpu={name: after[name] - before[name] for name in after},
    )


async def _cpu(around: Surroundings) -> dict[str, float]:
    cpu = {"worker": await around.worker_cpu(), "driver": time.process_time()}
    for name, program in PROGRAMS.items():
        if (used := around.cpu_of(program)) is not None:
            cpu[name] = used
    return cpu


async def _is_quiet(handle: WorkflowHandle[Any, Any]) -> bool:
    status: Status = await handle.query(CarePathway.status)
    return status.unwritten_events == status.unsent_messages == 0


async def _timed(call: Awaitable[None]) -> float:
    started = time.perf_counter()
    await call
    return time.perf_counter() - started


async def _first_run(handle: WorkflowHandle[Any, Any]) -> str:
    description = await handle.describe()
    return description.raw_description.workflow_execution_info.first_run_id


class _PathwayTime:
    """Pathway time as a bystander knows it: the epoch, what has passed since, and what was skipped."""

    def __init__(self) -> None:
        self.skipped = timedelta()
        self._started = time.monotonic()

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=time.monotonic() - self._started) + self.skipped
