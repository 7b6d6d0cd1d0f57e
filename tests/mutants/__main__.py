"""Change the rules one small thing at a time, and see whether their tests notice.

``make mutants ARGS="dose_limits --sample 20"``.

It works on a copy of the sources. A mutant is tested by the test files that belong to its module: by its name or that
of its folder, because they import it, or because ``BESIDE`` says so. One that survives them might still be found by
the others, so the score is a lower bound.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import TestOutcome, WorkItem

ROOT: Final = Path(__file__).parents[2]
RULES: Final = Path("workflows") / "rules"
SOURCES: Final = ("schemas", "workflows", "activities", "workers", "clients", "deploy", "tests", "pyproject.toml")
NOT_OVER_COURSES: Final = "test_invariants.py"
"""Random courses take minutes and find something else each time."""

BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "gate": ("dose",),
    "alarming": ("readings", "observation"),
    "course": ("work", "ends", "booking"),
    "deadline": ("work",),
    "dose_plan": ("approval_conditions",),
    "dosing": ("dose", "outside_the_gate"),
    "evolve": ("every_command", "ends"),
    "fasting": ("day_of",),
    "follow_up": ("pace", "approval"),
    "late_integration": ("integration", "no_show"),
    "monitoring": ("readings", "observation", "watching"),
    "obligation": ("work",),
    "obligations": ("work", "emergencies"),
    "predose": ("vitals", "booking"),
    "refusing": ("every_command",),
    "session": ("dose", "discharge", "booking", "day_of"),
    "suspension": ("new_medication", "approval", "whereabouts", "outside_the_gate"),
}
"""Tests of a module, or of a folder, whose situation has a file of its own."""

EQUIVALENT: Final = re.compile(r"core/(ReplaceBinaryOperator_BitOr_|RemoveDecorator)")
"""Mutants of type annotations and of properties' decorators say nothing about a rule."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns 0 whatever the score is."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", help="modules below workflows/rules, such as dose_limits or gate/vitals")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants of each module; all unless given")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for the tests of one mutant")
    given = parser.parse_args(arguments)
    modules = [RULES / f"{name.removesuffix('.py')}.py" for name in given.modules] or every_module()
    with tempfile.TemporaryDirectory() as folder:
        copy(Path(folder))
        os.chdir(folder)
        killed = tested = 0
        for module in modules:
            found, survivors = run(module, given.sample, given.seed, given.timeout)
            tested += found
            killed += found - len(survivors)
            for mutant in survivors:
                print(mutant, flush=True)
        share = f"{killed / tested:.0%}" if tested else "nothing"
        print(f"{killed} of {tested} mutants were found: {share}")
    return 0


def every_module() -> list[Path]:
    """Every module of the rules."""
    found = (ROOT / RULES).rglob("*.py")
    return sorted(path.relative_to(ROOT) for path in found if path.name != "__init__.py")


def copy(folder: Path) -> None:
    """The sources, where they may be changed."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)


def run(module: Path, sample: int, seed: int, timeout: float) -> tuple[int, list[str]]:
    """Test a module's mutants; returns how many there were, and a line for each that survived."""
    tests = tests_of(module)
    command = f"{sys.executable} -B -m pytest -x -q -n 0 -p no:cacheprovider {' '.join(map(str, tests))}"
    if not tests or subprocess.run(command.split(), capture_output=True, check=False).returncode:
        print(f"{module}: skipped, its tests do not pass by themselves", flush=True)
        return 0, []
    mutants = chosen(module, sample, seed)
    survivors = []
    for item in mutants:
        result = mutate_and_test(item.mutations, command, timeout)
        if result.test_outcome is TestOutcome.SURVIVED:
            (mutation,) = item.mutations
            line = mutation.start_pos[0]
            text = module.read_text().splitlines()[line - 1].strip()
            survivors.append(f"  {module}:{line}: {mutation.operator_name.removeprefix('core/')}: {text}")
    print(f"{module}: {len(mutants) - len(survivors)} of {len(mutants)} found by {len(tests)} files", flush=True)
    return len(mutants), survivors


def chosen(module: Path, sample: int, seed: int) -> list[WorkItem]:
    """The module's mutants, or some of them."""
    with use_db("mutants.sqlite") as database:
        init([module], database, {})
        items = [one for one in database.work_items if not any(map(_equivalent, one.mutations))]
    items.sort(key=lambda one: [(m.start_pos, m.operator_name, m.occurrence) for m in one.mutations])
    if 0 < sample < len(items):
        items = random.Random(seed).sample(items, sample)
    return items


def _equivalent(mutation: object) -> bool:
    return bool(EQUIVALENT.match(getattr(mutation, "operator_name", "")))


def tests_of(module: Path) -> list[Path]:
    """Test files that belong to a module."""
    name = ".".join(module.with_suffix("").parts)
    files = sorted((Path("tests") / "rules").glob("test_*.py"))
    return [one for one in files if one.name != NOT_OVER_COURSES and _belongs(one, module, name)]


def _belongs(file: Path, module: Path, name: str) -> bool:
    subject, words = file.stem.removeprefix("test_"), file.stem.split("_")
    named = {module.stem, module.parent.name} & {*words} or file.stem.startswith(f"test_{module.stem}")
    beside = (*BESIDE.get(module.stem, ()), *BESIDE.get(module.parent.name, ()))
    return bool(named) or subject in beside or f"from {name} import" in file.read_text()


if __name__ == "__main__":
    raise SystemExit(main())
