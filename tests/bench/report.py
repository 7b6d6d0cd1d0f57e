"""The results as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from rich.console import Group, RenderableType
from rich.table import Table

from tests.bench.measuring import Figure, History, Results, Speed

RATIO_AIM: Final = 0.90
EVENTS_AIM: Final = 7.0
DECISIONS_AIM: Final = 100_000

Which: TypeAlias = Callable[[Speed], Figure]
"""Picks a figure of a side."""


def tables(results: Results) -> RenderableType:
    """Everything that was measured."""
    return Group(
        _aims(results),
        _speeds(f"{results.plan.at_once} courses side by side", results.loaded),
        _speeds("One course at a time", results.alone),
        _histories(results),
        _kinds(results),
        _decisions(results),
    )


def _aims(results: Results) -> Table:
    table = Table(title="Aims", title_justify="left")
    for heading in ("Figure", "Aim", "Measured", "Spread"):
        table.add_column(heading, justify="left" if heading == "Figure" else "right")
    ratio, decisions = results.throughput_ratio, results.decisions_per_s["decide, mixed"]
    events = results.history["pathway"].events / results.commands_per_course
    cpu = results.worker_cpu_ratio
    table.add_row("Throughput, pathway : bare", f"≥ {RATIO_AIM:.2f}", f"{ratio.median:.2f}", _spread(ratio, 2))
    table.add_row("Worker CPU for a command, bare : pathway", "", f"{cpu.median:.2f}", _spread(cpu, 2))
    table.add_row("History events per accepted command", f"≤ {EVENTS_AIM:.1f}", f"{events:.2f}", "")
    table.add_row("Decisions per second", f"≥ {DECISIONS_AIM:,}", f"{decisions.median:,.0f}", _spread(decisions, 0))
    return table


def _speeds(title: str, sides: dict[str, Speed]) -> Table:
    table = Table(title=f"{title}: median of the blocks (least – most)", title_justify="left")
    table.add_column("Figure")
    for heading in ("pathway", "bare", "ratio"):
        table.add_column(heading, justify="right")
    _add(table, "courses/s", sides, lambda side: side.courses_per_s, 2)
    _add(table, "accepted commands/s", sides, lambda side: side.commands_per_s, 1)
    _add(table, "latency p50, ms", sides, lambda side: side.p50_ms, 1)
    _add(table, "latency p95, ms", sides, lambda side: side.p95_ms, 1)
    for program in sides["pathway"].cpu_ms_per_command:
        _add(table, f"CPU of {program}, ms/command", sides, _cpu_of(program), 2)
    return table


def _histories(results: Results) -> Table:
    table = Table(title="History: what the server keeps", title_justify="left")
    table.add_column("Workflow")
    for heading in ("commands", "runs", "events", "a command", "kB", "bytes a command"):
        table.add_column(heading, justify="right")
    commands = results.commands_per_course
    for name, history in results.history.items():
        of_course = name != "intake"
        table.add_row(
            name if of_course else "intake, before it",
            str(commands) if of_course else "",
            str(history.runs),
            str(history.events),
            f"{history.events / commands:.2f}" if of_course else f"+ {history.events / commands:.2f}",
            f"{history.size / 1000:.1f}",
            f"{history.size / commands:.0f}" if of_course else f"+ {history.size / commands:.0f}",
        )
    return table


def _kinds(results: Results) -> Table:
    table = Table(title="History by kind: events per accepted command (bytes)", title_justify="left")
    table.add_column("Kind")
    for heading in ("pathway", "bare"):
        table.add_column(heading, justify="right")
    sides = [results.history["pathway"], results.history["bare"]]
    for kind in sides[0].events_by_kind:
        table.add_row(kind, *(_kind(side, kind, results.commands_per_course) for side in sides))
    return table


def _kind(history: History, kind: str, commands: int) -> str:
    events, size = history.events_by_kind.get(kind, 0), history.size_by_kind.get(kind, 0)
    return f"{events / commands:.2f} ({size / commands:.0f})"


def _decisions(results: Results) -> Table:
    table = Table(title="Rules alone, calls per CPU second", title_justify="left")
    for heading in ("Call", "median", "least – most"):
        table.add_column(heading, justify="left" if heading == "Call" else "right")
    for name, figure in results.decisions_per_s.items():
        table.add_row(name, f"{figure.median:,.0f}", _spread(figure, 0))
    return table


def _add(table: Table, name: str, sides: dict[str, Speed], which: Which, digits: int) -> None:
    pathway, bare = which(sides["pathway"]), which(sides["bare"])
    ratio = f"{pathway.median / bare.median:.2f}" if bare.median else ""
    table.add_row(name, *(f"{one.median:.{digits}f} ({_spread(one, digits)})" for one in (pathway, bare)), ratio)


def _cpu_of(program: str) -> Which:
    return lambda side: side.cpu_ms_per_command[program]


def _spread(figure: Figure, digits: int) -> str:
    return f"{figure.low:,.{digits}f} – {figure.high:,.{digits}f}"
