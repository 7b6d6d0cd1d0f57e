"""Play random clinics, and keep the shortest timeline of each way in which one fails.

``make clinics ARGS="--seed 1 --count 200"`` on the rules alone; ``--engine server`` on a whole installation, where each
has to record, answer and tell exactly what the rules alone do. The same seed is the same timeline everywhere.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import Progress, track

from clients.scenarios.reading import script_of
from clients.scenarios.recording import as_yaml
from clients.scenarios.running import Result, run_on_server
from schemas.protocol import Protocol
from tests.clinics.generating import KINDS, OVERRIDES, answered, generated
from tests.clinics.shrinking import failure_on_rules, shrunk
from tests.support.protocols import varied


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 1 if any timeline failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.clinics", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1, help="of the first clinic")
    parser.add_argument("--count", type=int, default=50, help="clinics of each kind")
    parser.add_argument("--kind", choices=[*KINDS, "both"], default="both")
    parser.add_argument("--engine", choices=["rules", "server"], default="rules")
    parser.add_argument("--moves", type=int, default=100, help="at most so many in a clinic")
    parser.add_argument("--save", type=Path, default=Path("kap-failures"), help="folder for what fails")
    given = parser.parse_args(arguments)
    protocol = varied(OVERRIDES)
    kinds = KINDS if given.kind == "both" else (given.kind,)
    seeds = [(seed, kind) for seed in range(given.seed, given.seed + given.count) for kind in kinds]
    if given.engine == "server":
        documents = [generated(seed, kind, given.moves) for seed, kind in seeds]
        failed = asyncio.run(on_server(documents, protocol, given.save))
    else:
        failed = sum(
            kept(generated(seed, kind, given.moves), protocol, given.save)
            for seed, kind in track(seeds, "Clinics", transient=True)
        )
    print(f"{len(seeds)} clinics, {failed} failed")
    return 1 if failed else 0


def kept(document: dict[str, Any], protocol: Protocol, folder: Path) -> bool:
    """Whether a clinic failed on the rules; then its shortest form is kept."""
    failure = failure_on_rules(document, protocol)
    if failure is None:
        return False
    shortest = shrunk(document, lambda one: failure_on_rules(one, protocol))
    keep(shortest, protocol, failure, folder, "rules")
    return True


async def on_server(documents: Sequence[dict[str, Any]], protocol: Protocol, folder: Path) -> int:
    """How many failed on the server. Those are kept as they are where the rules alone do not fail, too."""
    otherwise: list[tuple[dict[str, Any], Result]] = []
    scripts, left = [script_of(document, protocol) for document in documents], list(documents)
    with Progress(transient=True) as progress:
        task = progress.add_task("Clinics", total=len(scripts))
        async for result in run_on_server(scripts):
            document = left.pop(0)
            if not result.passed:
                otherwise.append((document, result))
            progress.advance(task)
    for document, result in otherwise:
        if not kept(document, protocol, folder):
            shortest = await shrunk_on_server(document, protocol)
            keep(shortest, protocol, told(result), folder, "server")
    return len(otherwise)


async def shrunk_on_server(document: dict[str, Any], protocol: Protocol) -> dict[str, Any]:
    """The shortest beginning of a timeline that the server fails: halves are tried, on an installation of their own."""
    low, high = 0, len(document["steps"])
    while high - low > 1:
        middle = (low + high) // 2
        part = {**document, "steps": document["steps"][:middle]}
        results = [one async for one in run_on_server([script_of(part, protocol)])]
        low, high = (low, middle) if not results[0].passed else (middle, high)
    return {**document, "steps": document["steps"][:high]}


def told(result: Result) -> str:
    """The first thing that was not as expected."""
    return f"{result.failures[0].expected}; {result.failures[0].found}"


def keep(document: dict[str, Any], protocol: Protocol, failure: str, folder: Path, engine: str) -> None:
    """Write a failing timeline, with what failed and how it is run again."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{document['scenario'].replace(' ', '-')}.yaml"
    try:
        document = answered(document, protocol)
    except Exception as crash:  # it is the crash that is kept
        failure = f"{failure} ({type(crash).__name__})"
    head = f"# {failure[:300]}\n# Again: kap scenario run {file} --engine {engine}\n"
    file.write_text(head + as_yaml(document), encoding="utf-8")
    print(f"{file}: {failure[:160]}, {len(document['steps'])} steps")


if __name__ == "__main__":
    raise SystemExit(main())
