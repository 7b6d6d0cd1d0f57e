"""Protocol files on the command line: whole or not, explained number by number, compared."""

from pathlib import Path

import pytest

from activities.protocols import load_protocol
from clients.quantities import differences, found, quantities
from schemas.protocol import Provenance
from tests.support.command_line import ROOT, kap

DEFAULT = ROOT / "schemas" / "protocols" / "kap-default.yaml"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A clinic's own protocol, in which one number differs."""
    file = tmp_path / "clinic.yaml"
    text = DEFAULT.read_text()
    assert "window_closes_h: {value: 72" in text
    file.write_text(text.replace("window_closes_h: {value: 72", "window_closes_h: {value: 96"))
    return file


def test_the_packaged_protocol_is_whole_and_says_that_nobody_signed_it(tmp_path: Path) -> None:
    ended = kap("protocol", "check", cwd=tmp_path)
    assert ended.code == 0
    assert "not signed" in ended.out


def test_a_protocol_that_is_not_whole_is_told_with_its_field(tmp_path: Path) -> None:
    file = tmp_path / "clinic.yaml"
    file.write_text(DEFAULT.read_text().replace("  record_outcome:", "  #", 1))
    ended = kap("protocol", "check", file, cwd=tmp_path)
    assert ended.code == 3
    assert "work.record_outcome" in ended.err


def test_a_number_is_explained_with_unit_source_and_conflict(tmp_path: Path) -> None:
    ended = kap("protocol", "explain", "vitals.predose.clinic.go.systolic", cwd=tmp_path)
    assert ended.code == 0
    for word in ("140 mmHg", "published source", "US esketamine label", "EU label 150"):
        assert word in ended.out


def test_an_unknown_number_is_refused_with_one_that_is_alike(tmp_path: Path) -> None:
    ended = kap("protocol", "explain", "integration.window_close_hours", cwd=tmp_path)
    assert ended.code == 3
    assert "integration.window_closes_h" in ended.err


def test_what_changed_is_told(other: Path, tmp_path: Path) -> None:
    ended = kap("protocol", "diff", "kap-default", other, cwd=tmp_path)
    assert ended.code == 3
    assert "integration.window_closes_h" in ended.out
    assert "96 h" in ended.out
    assert kap("protocol", "diff", other, other, cwd=tmp_path).code == 0


def test_every_number_can_be_asked_for_and_names_what_it_is_founded_on() -> None:
    protocol = load_protocol("kap-default")
    everything = quantities(protocol)
    assert len(everything) > 150
    assert len({one.path for one in everything}) == len(everything)
    for one in everything:
        assert found(protocol, one.path) == [one]
        assert one.quantity.unit
        assert one.quantity.source or one.quantity.provenance is not Provenance.SOURCED
    assert differences(protocol, protocol) == []
