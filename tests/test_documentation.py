"""What the documentation tells people to type is typed here, in the order in which it stands there."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import warm
from tests.support.command_line import COLD
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BEFORE = "  - go_on: {past: approve_dosing}\n"
LINK = re.compile(r"\]\(([^)#\s]+)\)")
UP = "kap up --allow-simulation"
MEASURE = "kap do $PATHWAY record_vitals --as nurse:nu-reed --data docs/examples/vitals.yaml"


def commands(page: str) -> list[str]:
    """The lines of a page's shell blocks."""
    text = (ROOT / page).read_text()
    return [line for block in BLOCK.findall(text) for line in block.splitlines() if line.strip()]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The user's environment, with ``kap`` on the path and a state folder of the test's own."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    kap = bin_dir / "kap"
    # What runs on gets the signals, so it is a process of its own from the start.
    cold, known = (" ".join(map(shlex.quote, command)) for command in (COLD, warm.command()))
    kap.write_text(f'#!/bin/sh\ncase "$1" in up) exec {cold} "$@" ;; *) exec {known} "$@" ;; esac\n')
    kap.chmod(0o755)
    (bin_dir / "python").symlink_to(sys.executable)
    path = f"{bin_dir}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "KAP_STATE_DIR": str(tmp_path / "state")}


@pytest.fixture
def up(environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Runs of ``kap up``; the last one is stopped in the end."""
    runs: list[subprocess.Popen[bytes]] = []
    yield runs
    if runs and runs[-1].poll() is None:
        runs[-1].send_signal(signal.SIGINT)
        runs[-1].wait(30)


def start(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        ["sh", "-c", f"exec {UP}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run(line: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["sh", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200)


def typed(line: str, environment: dict[str, str]) -> str:
    """Run one line; a leading ``!`` means that it must fail. A slow machine measures again, as the page says."""
    must_fail, line = line.startswith("! "), line.removeprefix("! ")
    done = run(line, environment)
    for _ in range(5):
        if "vitals_stale" in done.stderr:
            done = run(f"{MEASURE} && {line}", environment)
    # A machine on which minutes pass between two lines has instants that move by them, and nothing else.
    if "what-if" in line and re.search(r": \d+ moved *$", done.stdout, re.MULTILINE):
        return done.stdout
    assert (done.returncode != 0) is must_fail, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_the_first_patient_and_a_crash(environment: dict[str, str], up: list["subprocess.Popen[bytes]"]) -> None:
    lines = commands("docs/first-patient.md")
    assert lines[0] == UP
    assert MEASURE in lines
    ready = Path(environment["KAP_STATE_DIR"]) / "stack.json"
    up.append(start(environment))
    await eventually(ready.exists, timeout=90)
    for line in lines[1:]:
        if line.startswith("SOON="):
            environment["SOON"] = typed(f"{line}; echo $SOON", environment).strip()
            continue
        printed = typed(line, environment)
        if line.startswith("kap refer"):
            listed = json.loads(typed("kap list --json", environment))
            environment["PATHWAY"] = _first_pathway(listed)
            assert environment["PATHWAY"] in printed
        if line.startswith("kap worklist"):
            # In the middle of the page, everything is killed. Nothing may be lost.
            up[-1].kill()
            up[-1].wait(30)
            ready.unlink(missing_ok=True)
            up.append(start(environment))
            await eventually(ready.exists, timeout=90)
            status = json.loads(typed("kap status $PATHWAY --json", environment))
            assert status["phase"] == "preparation"
    assert "closed" in typed("kap list", environment)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_tutorial_of_scenarios(environment: dict[str, str], tmp_path: Path) -> None:
    environment["REPORT"] = str(tmp_path / "report")
    lines = commands("docs/scenarios.md")
    assert any("--engine server" in line for line in lines)
    for line in lines:
        typed(line, environment)
    assert (tmp_path / "report" / "index.html").exists()


def test_the_scenarios_of_the_tutorial(environment: dict[str, str], tmp_path: Path) -> None:
    """Whole ones run; parts of one stand in the example word for word, or are put into a whole one."""
    examples = (ROOT / "docs" / "examples" / "scenario.yaml").read_text()
    for number, block in enumerate(YAML.findall((ROOT / "docs" / "scenarios.md").read_text())):
        if block in examples:
            continue
        if not block.startswith("scenario:"):
            block = f"scenario: A part\nstarts: 2026-03-02 09:00\nzone: UTC\nsteps:\n{BEFORE}{block}"
        (tmp_path / f"{number}.yaml").write_text(block)
    typed(f"kap scenario run {tmp_path}/*.yaml", environment)
    assert len(list(tmp_path.glob("*.yaml"))) >= 3


def _first_pathway(listed: object) -> str:
    rows = listed["pathways"] if isinstance(listed, dict) else listed
    assert isinstance(rows, list)
    return str(rows[0]["pathway_id"])


def test_the_two_commands_of_the_readme_are_targets() -> None:
    lines = [line.split("#")[0].strip() for line in commands("README.md")]
    assert lines == ["make demo", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{line.removeprefix('make ')}:" in makefile for line in lines)


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/first-patient.md", "docs/scenarios.md", "deploy/README.md"]
)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = [link for link in LINK.findall((ROOT / page).read_text()) if "://" not in link]
    assert not [link for link in links if not (folder / link).exists()]
