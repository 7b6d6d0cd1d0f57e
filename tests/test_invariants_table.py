"""The table of invariants is whole, and what it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", (ROOT / "docs" / "invariants.md").read_text(), flags=re.MULTILINE)


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_there_are_twelve() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 13))


@pytest.mark.parametrize(("number", "row"), ROWS)
def test_what_holds_an_invariant_exists(number: str, row: str) -> None:
    named = re.findall(r"`(tests/[\w/.]+)::(\w+)`", row)
    assert any(name.startswith("test_") for _, name in named), f"no test holds invariant {number}"
    for path, name in named:
        assert name in names_in(ROOT / path), f"{path}::{name}"
