"""``make bench``: measure, print tables, and on request write the figures as JSON."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from clients.cli.exit import leave
from tests.bench.measuring import Plan, Results, measure
from tests.bench.report import tables

QUICK = {"at_once": 2, "rounds": 1, "cycles": 1, "sampled": 1, "decision_seconds": 0.02, "decision_repeats": 2}
"""Enough to see that everything works, too little to believe the figures."""


def main() -> None:
    """Measure as the command line says."""
    defaults = Plan()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--at-once", type=int, help=f"courses side by side in a block (default {defaults.at_once})")
    parser.add_argument("--rounds", type=int, help=f"of four alternating blocks each (default {defaults.rounds})")
    parser.add_argument("--quick", action="store_true", help="a smoke test of a minute: one cycle, two courses")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    chosen = {name: getattr(given, name) for name in ("at_once", "rounds") if getattr(given, name) is not None}
    plan = Plan.model_validate({**(QUICK if given.quick else {}), **chosen})
    results = asyncio.run(_watched(plan))
    Console().print(tables(results))
    if given.json is not None:
        given.json.write_text(results.model_dump_json(indent=2) + "\n")
    leave(0)


async def _watched(plan: Plan) -> Results:
    """Measure, and show how far it has come."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=2) as progress:

        def watch(what: str, parts: int) -> Callable[[], None]:
            task = progress.add_task(what, total=parts)
            return lambda: progress.advance(task)

        return await measure(plan, watch)


if __name__ == "__main__":
    main()
