"""From a failing timeline to a short one that fails in the same way."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from clients.scenarios.invariants import objections
from clients.scenarios.playing import Player
from clients.scenarios.reading import script_of
from schemas.protocol import Protocol

Failure = str
"""What went wrong, without the instants and numbers that differ from timeline to timeline."""


def failure_on_rules(document: dict[str, Any], protocol: Protocol) -> Failure | None:
    """How a timeline fails on the rules alone: a crash with its place, or the first invariant that is broken."""
    script = script_of(document, protocol)
    try:
        _, record = Player(script).run()
        found = objections(record, protocol)
    except Exception as crash:
        place = traceback.extract_tb(crash.__traceback__)[-1]
        return f"{type(crash).__name__} in {place.name}"
    return "".join(sign for sign in found[0][1] if not sign.isdigit()) if found else None


def shrunk(
    document: dict[str, Any], fails: Callable[[dict[str, Any]], Failure | None], *, tries: int = 400
) -> dict[str, Any]:
    """The shortest timeline found by leaving steps out, and then waits, that fails as ``document`` does."""
    wanted, left = fails(document), tries
    steps: list[dict[str, Any]] = list(document["steps"])

    def holds(fewer: list[dict[str, Any]]) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and bool(fewer) and fails({**document, "steps": fewer}) == wanted

    size = max(1, len(steps) // 2)
    while left > 0:
        begin, before = 0, len(steps)
        while begin < len(steps):
            fewer = steps[:begin] + steps[begin + size :]
            if holds(fewer):
                steps = fewer
            else:
                begin += size
        if size == 1 and len(steps) == before:
            break
        size = max(1, size // 2)
    for number in range(1, len(steps)):
        sooner = [*steps[:number], {**steps[number], "at": steps[number - 1]["at"]}, *steps[number + 1 :]]
        if sooner != steps and holds(sooner):
            steps = sooner
    return {**document, "steps": steps}
