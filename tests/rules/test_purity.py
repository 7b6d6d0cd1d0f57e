"""Rules and schemas know neither the engine nor the world, and no clinical number stands in the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BLOCKED = (
    "temporalio", "asyncpg", "aiosmtplib", "aiosmtpd", "starlette", "uvicorn", "structlog", "httpx", "requests", "yaml",
    "activities", "workers", "clients", "sqlite3", "smtplib", "http", "subprocess",
)  # fmt: skip
"""What an import of the rules must never ask for."""

PROBE = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)

import pydantic  # what a library brings along is its own affair
sys.meta_path.insert(0, Blocker())
for name in [name for name in sys.modules if name.partition(".")[0] in {blocked!r}]:
    del sys.modules[name]
for package in {packages!r}:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(module.__path__, package + "."):
        importlib.import_module(found.name)
print(len([name for name in sys.modules if name.startswith(tuple({packages!r}))]))
"""


def probe(*packages: str) -> subprocess.CompletedProcess[str]:
    """Import packages with all their modules in a process that refuses what is blocked."""
    program = PROBE.format(blocked=BLOCKED, packages=packages)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)


def test_rules_and_schemas_import_neither_the_engine_nor_the_world() -> None:
    done = probe("schemas", "workflows.rules")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > len(list((ROOT / "workflows" / "rules").glob("*.py")))


@pytest.mark.parametrize("package", ["workflows.phases", "activities"])
def test_the_probe_sees_an_import_of_the_engine(package: str) -> None:
    done = probe(package)
    assert done.returncode != 0
    assert "blocked: " in done.stderr


FREE = {0, 1, 2}
"""Numbers that mean nothing by themselves: first, next, pair; with a sign, from the end."""

NOT_CLINICAL: dict[str, dict[float, str]] = {
    "rules/dose_limits.py": {100: "per cent"},
    "rules/dosing.py": {10: "sessions whose instant is kept"},
    "rules/move_preview.py": {200: "characters of a value that is shown"},
    "rules/medications.py": {0.8: "likeness of two spellings"},
    "rules/calendar.py": {12: "months of a year", 23: "the last second of a day", 59: "the last second of a day"},
    "housekeeping.py": {
        10: "minutes until a refused journal is tried again",
        30: "seconds for one write to the journal",
        200: "events in one write to the journal",
    },
    "phases/simulation.py": {50: "deadlines that one workflow task lets pass"},
    "paging.py": {
        15: "seconds between two attempts at a page",
        30: "seconds for one write to the outbox",
        45: "seconds for one attempt at a page",
    },
    "posting.py": {15: "minutes until undelivered messages are judged anew"},
    "conductor.py": {32: "characters of a command's digest"},
    "intake.py": {
        3: "attempts of a local activity",
        10: "seconds for a local activity",
        30: "seconds for one write to the directory",
        200: "characters of a name in the directory",
    },
    "rounds.py": {
        5: "seconds, and minutes, between attempts at an inventory",
        10: "messages in a batch",
        30: "seconds to count what is owed",
    },
    "pathway.py": {3: "attempts of a local activity"},
    "phases/moving.py": {3: "attempts of a local activity"},
}
"""Numbers of the engine and the calendar, file by file, with what they are."""


def numbers(path: Path) -> Iterator[float]:
    """Every numeric literal of a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            assert isinstance(node.value, int | float)
            yield node.value


def test_no_clinical_number_stands_in_the_code() -> None:
    found = {
        str(path.relative_to(ROOT / "workflows")): set(numbers(path)) - FREE
        for path in sorted((ROOT / "workflows").rglob("*.py"))
    }
    strays = {file: stray for file, values in found.items() if (stray := values - NOT_CLINICAL.get(file, {}).keys())}
    assert strays == {}
    unused = {file: gone for file, known in NOT_CLINICAL.items() if (gone := known.keys() - found[file])}
    assert unused == {}
