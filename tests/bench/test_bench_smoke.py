"""The benchmark runs to its end and measures both sides alike. Times are nobody's business here."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from activities.protocols import load_protocol
from tests.bench.deciding import check, mid_course, play
from tests.bench.measuring import Results
from workers.stack.environment import python_environment

ROOT = Path(__file__).parents[2]
PROTOCOL = load_protocol("kap-default")


def test_the_course_is_accepted_by_the_rules_to_its_end() -> None:
    state, _, commands = play(PROTOCOL)
    assert state.closure is not None
    assert state.closure.sessions_given == PROTOCOL.series.sessions.value
    assert not state.work
    assert commands > 100


def test_decisions_are_measured_on_what_is_accepted_and_what_is_refused() -> None:
    moment = mid_course(PROTOCOL)
    assert 1 < moment.state.cycle.number < PROTOCOL.series.sessions.value
    check(moment)


@pytest.mark.slow
async def test_a_quick_benchmark_measures_both_sides(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "--quick", "--json", str(figures)),
        env=python_environment(),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, output.decode()[-4000:]
    assert "Throughput, pathway : bare" in output.decode()

    results = Results.model_validate_json(figures.read_text())
    for measured in (results.loaded, results.alone):
        assert measured.keys() == {"pathway", "bare"}
        for speed in measured.values():
            assert 0 < speed.p50_ms.median <= speed.p95_ms.median
            assert speed.cpu_ms_per_command["worker"].low > 0
    pathway, bare = results.history["pathway"], results.history["bare"]
    # The floor is a floor for this course only if it makes the same calls. Workflow tasks may merge under load, and a
    # timer that is late by that much may fire or not.
    for kind in ("updates", "activities", "search attributes"):
        # The bare workflow does not repeat what deadlines do between two commands: a floor, and a near one.
        assert 0 <= pathway.events_by_kind[kind] - bare.events_by_kind[kind] <= results.commands_per_course // 5
    assert pathway.events_by_kind["updates"] == 2 * results.commands_per_course
    assert results.history["intake"].events > 0
