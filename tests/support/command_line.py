"""``kap`` as a user runs it: in a process of its own, with nothing of our environment that could lead it elsewhere."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import warm

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def refusal(self) -> dict[str, Any]:
        """The refusal that a program reads."""
        refusal: dict[str, Any] = self.json["refusal"]
        return refusal


def environment(**more: str) -> dict[str, str]:
    """The environment of a user who has set nothing but ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAP_", "TEMPORAL_"))}
    return {**kept, "PYTHONPATH": str(ROOT), "TZ": "UTC", **more}


COLD = (sys.executable, "-m", "clients.cli")
"""``kap`` from its very start."""


def kap(
    *arguments: str | Path,
    cwd: Path,
    data: Any = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    cold: bool = False,
) -> Finished:
    """Run one command to its end.

    Args:
        arguments: Behind ``kap``.
        cwd: Where the user stands.
        data: Given on standard input: text or bytes as they are, anything else as JSON.
        env: Environment variables of the user.
        timeout: Seconds after which it counts as hanging.
        cold: Whether it is started in full; see :mod:`tests.support.warm`.
    """
    given = data if isinstance(data, str | bytes) else b"" if data is None else json.dumps(data)
    ended = subprocess.run(
        [*(COLD if cold else warm.command()), *map(str, arguments)],
        cwd=cwd,
        env=environment(**(env or {})),
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    return Finished(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
