"""Every timeline of this folder on a whole installation, where it has to record what the rules alone do."""

from pathlib import Path

import pytest

from clients.scenarios.reading import read_script
from clients.scenarios.running import run_on_server
from clients.scenarios.telling import told

TIMELINES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.mark.slow
async def test_timelines_on_the_server() -> None:
    otherwise = []
    async for result in run_on_server([read_script(path) for path in TIMELINES]):
        assert result.record.engine == "server"
        if not result.passed:
            otherwise += list(told(result))
    assert not otherwise, "\n".join(otherwise)
