"""Every refusal code that the rules know is reached by a test, so that none comes in or goes without one."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from workflows.rules.blood_pressure import Verdict

RULES = Path(__file__).parents[2] / "workflows" / "rules"

POSITION = {"require": 1, "Refused": 0, "check": 2}
"""Where a call carries the code."""

HANDED_ON = {"code", "failed[0].code"}
"""Codes that another call named: of ``require`` itself, and of the gate's first failed check."""

UNREACHABLE = {
    "blood_pressure_go": "the verdict with which the check passes",
    "blood_pressure_missing": "without any pressure, vitals_missing ends the checks before this one",
}

REACHED = {
    case.code
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if path != Path(__file__)
    for case in getattr(import_module(f"tests.rules.{path.stem}"), "REFUSALS", ())
}
"""Codes of the tables of refusals beside this file."""


def codes() -> Iterator[str]:
    for path in sorted(RULES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in POSITION:
                yield from spelled(node.args[POSITION[node.func.id]], path.name)


def spelled(code: ast.expr, where: str) -> Iterator[str]:
    """The codes that an expression can mean; none of them may be hidden from this test."""
    text = ast.unparse(code)
    if isinstance(code, ast.Constant):
        yield str(code.value)
    elif isinstance(code, ast.JoinedStr):
        before, placeholder, after = text.partition("{verdict.value}")
        assert placeholder, f"{where}: {text}"
        yield from (f"{ast.literal_eval(before[1:] + after)}{verdict.value}" for verdict in Verdict)
    else:
        assert text in HANDED_ON, f"{where}: {text}"


def test_every_code_is_reached() -> None:
    known = set(codes())
    assert len(known) > len(UNREACHABLE)
    assert known - UNREACHABLE.keys() == REACHED
    assert UNREACHABLE.keys() <= known


def test_codes_look_like_codes() -> None:
    assert all(code.isascii() and code.replace("_", "").islower() for code in codes())
