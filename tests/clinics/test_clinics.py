"""The generator itself: the same timelines from the same seeds, and whether it finds what is broken on purpose."""

from pathlib import Path
from typing import Any

import pytest

from clients.scenarios.reading import read_script, script_of
from clients.scenarios.running import run_on_rules
from tests.clinics.__main__ import kept, main
from tests.clinics.generating import KINDS, OVERRIDES, Kind, generated
from tests.clinics.shrinking import shrunk
from tests.support.protocols import varied
from workflows.rules import gate

SEEDS = (1, 3, 4)
SHORT = 15
"""Moves."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_is_a_timeline_that_holds(kind: Kind) -> None:
    documents = [generated(seed, kind, 50) for seed in SEEDS]
    assert documents[0] == generated(SEEDS[0], kind, 50)
    facts = set()
    for document in documents:
        result = run_on_rules(script_of(document, varied(OVERRIDES)))
        assert result.passed, result.failures[:2]
        facts |= {event.fact.type for event in result.record.events}
    assert {"dosing_approved", "drug_administered"} <= facts
    assert any("refused" in step for document in documents for step in document["steps"])


def test_a_gate_that_stands_open_is_found_and_told_in_few_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "CHECKS", ())
    protocol = varied(OVERRIDES)
    found = next(seed for seed in range(1, 40) if kept(generated(seed, "hostile", SHORT), protocol, tmp_path))
    (file,) = tmp_path.glob("*.yaml")
    script = read_script(file)
    long = generated(found, "hostile", SHORT)
    assert 0 < len(script.scenario.steps) < len(long["steps"]) / 2
    assert [step for step in script.scenario.steps if step.do == "record_administration"]
    again = run_on_rules(script)
    assert [one for one in again.failures if one.expected == "what always holds"]
    assert f"kap scenario run {file}" in file.read_text()
    monkeypatch.undo()
    assert not [one for one in run_on_rules(script).failures if one.expected == "what always holds"]


def test_shrinking_keeps_what_the_failure_needs() -> None:
    steps: list[dict[str, Any]] = [{"at": f"2026-01-{day:02} 10:00", "do": str(day)} for day in range(1, 29)]

    def fails(document: dict[str, Any]) -> str | None:
        said = {step["do"] for step in document["steps"]}
        return "both" if {"5", "21"} <= said else None

    shortest = shrunk({"steps": steps}, fails)
    assert [step["do"] for step in shortest["steps"]] == ["5", "21"]
    assert shortest["steps"][1]["at"] == shortest["steps"][0]["at"]


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "1", "--kind", "hostile", "--moves", "5", "--save", str(tmp_path / "failed")]) == 0
    assert capsys.readouterr().out.endswith("1 clinics, 0 failed\n")
    assert not (tmp_path / "failed").exists()
