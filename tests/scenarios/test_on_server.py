"""Timelines of this folder on a whole installation, where they have to record what the rules alone do.

Some of them, so that the suite stays short: outages, held and approved anew, quiet hours. ``make timelines`` runs all.
"""

from pathlib import Path

import pytest

from clients.scenarios.reading import read_script
from clients.scenarios.running import run_on_server
from clients.scenarios.telling import told

HERE = Path(__file__).parent
TIMELINES = [path for part in ("faults", "s01", "quiet") for path in sorted(HERE.glob(f"*{part}*.yaml"))]


@pytest.mark.slow
async def test_timelines_on_the_server() -> None:
    otherwise = []
    async for result in run_on_server([read_script(path) for path in TIMELINES]):
        assert result.record.engine == "server"
        if not result.passed:
            otherwise += list(told(result))
    assert not otherwise, "\n".join(otherwise)
