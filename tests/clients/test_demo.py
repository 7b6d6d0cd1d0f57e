"""The demo, as anybody would run it: three courses to their end, a stack to look into, and nothing left behind."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clients.demo.cast import AT_HOME, HELD, IN_CLINIC
from tests.support.command_line import environment, kap
from tests.support.eventually import eventually
from workers.stack.process import leashed

WITHIN = 300.0
"""Seconds; the promise is two minutes, on a machine that does nothing else."""


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_three_patients_complete_their_course(tmp_path: Path) -> None:
    state, log = tmp_path / "state", tmp_path / "demo.log"
    with log.open("wb") as file:
        demo = subprocess.Popen(  # noqa: ASYNC220  watched by the loop
            leashed([sys.executable, "-m", "clients.cli", "demo", "--keep", "--state", str(state)], signal.SIGTERM),
            cwd=tmp_path,
            env=environment(TEMPORAL_ADDRESS="127.0.0.1:1", KAP_DATABASE_URL="postgresql://nobody@127.0.0.1:1/kap"),
            stdout=file,
            stderr=file,
        )
    try:
        await eventually(
            lambda: "The stack is left running" in log.read_text() or demo.poll() is not None, timeout=WITHIN, every=0.5
        )
        told = log.read_text()
        for referral in (IN_CLINIC, AT_HOME, HELD):
            patient = f"{referral.patient.given_name} {referral.patient.family_name}"
            row = next(line for line in told.splitlines() if line.startswith(f" {patient}"))
            held, approvals = ("1", "2") if referral is HELD else ("0", "1")
            cells = row.removeprefix(f" {patient}").replace("in the clinic", "").replace("at home", "").split()
            assert cells[:3] == ["2", held, approvals], told
            assert "completed, response" in row
        assert "the pathway refuses the dose" in told
        ladder = told.partition("the approval that nobody gave")[2]
        for step, who in (("step 1", "dr-sage, dr-rowan"), ("step 2", "dr-sage, co-moss, dr-rowan")):
            assert any(f"raised, {step}" in line and who in line for line in ladder.splitlines()), told
        assert any("approved" in line and "dr-rowan" in line for line in ladder.splitlines()), told
        pathways = kap("list", "--phase", "closed", "--json", "--state", state, cwd=tmp_path).json
        assert len(pathways) == 3
        for pathway in pathways:
            assert kap("journal", pathway["pathway_id"], "--verify", "--state", state, cwd=tmp_path).code == 0
    finally:
        demo.send_signal(signal.SIGINT)
        await eventually(lambda: demo.poll() is not None, timeout=60)
    assert demo.returncode == 0, log.read_text()
