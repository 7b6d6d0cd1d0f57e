"""Recorded histories replay on this release, and recorded states load in it."""

import gzip
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from schemas.start import PathwayStart
from workers.main import WORKFLOWS
from workers.plugin import plumbing
from workflows.rules.deadlines import due
from workflows.rules.status import details_of, status_of

RECORDED = Path(__file__).parent / "recorded"
HISTORIES = sorted(RECORDED.glob("*-run*.json.gz"))
STARTS = sorted(RECORDED.glob("*-start*.json.gz"))


def recorded(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


async def replay(history: str) -> None:
    replayer = Replayer(workflows=WORKFLOWS, plugins=[plumbing(None)])
    await replayer.replay_workflow(WorkflowHistory.from_json("p-recorded", history))


def test_something_is_recorded() -> None:
    assert len(HISTORIES) >= 3
    assert len(STARTS) == len(HISTORIES)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.name)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replay(recorded(path))


async def test_a_history_of_other_decisions_does_not_replay() -> None:
    text = recorded(HISTORIES[0])
    forged = text.replace('"name": "record_consent"', '"name": "withdraw_consent"').replace(
        '"name":"record_consent"', '"name":"withdraw_consent"'
    )
    assert forged != text
    with pytest.raises(NondeterminismError):
        await replay(forged)


@pytest.mark.parametrize("path", STARTS, ids=lambda path: path.name)
def test_a_recorded_state_loads_and_is_understood(path: Path) -> None:
    start = PathwayStart.model_validate_json(gzip.decompress(path.read_bytes()))
    if start.carried is not None:
        state = start.carried.state
        assert details_of(state)
        assert status_of(state, state.opened_at, 0, 0).version == state.version
        assert due(state) or state.closure
