"""Protocol files on the command line: whole or not, explained number by number, compared."""

from pathlib import Path

import pytest

from activities.protocols import load_protocol
from clients.explaining import found
from schemas.protocol.leaves import WITHOUT_UNIT, differences, numbers
from tests.support.command_line import ROOT, kap
from tests.support.protocols import packaged, varied

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
    everything = list(numbers(protocol))
    assert len(everything) > 150
    assert len({one.path for one in everything}) == len(everything)
    for one in everything:
        assert found(protocol, one.path) == [one]
        assert one.unit != WITHOUT_UNIT, one.path
        assert one.source or one.provenance is not None, one.path
    assert differences(protocol, protocol) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("work.hold_session.due_h", ("4 h", "Hours from opening", "hours after the booked start")),
        ("ladder.steps_h.1", ("24 h", "design default")),
        ("work.hold_checkin.ladder.steps_h.0", ("12 h", "reminders after 12 h and 24 h")),
        ("routes.intravenous.vitals_at_min.3", ("40 min", "every 15 min after")),
        ("routes.sublingual.vitals_at_min_in.home.0", ("60 min", "InnerMost")),
        ("instruments.scales.pcl5.clusters.2.first", ("8 item number", "Comorbidity Guidelines")),
        ("regulation.telemedicine.until", ("2026-12-31", "Federal Register", "published source")),
        ("session.reminder_local_time", ("10:00", "design default")),
        ("eligibility.labs.pregnancy.valid_days_later", ("30 d", "Most days between")),
    ],
)
def test_numbers_in_lists_and_ladders_are_explained_too(path: str, said: tuple[str, ...], tmp_path: Path) -> None:
    ended = kap("protocol", "explain", path, cwd=tmp_path)
    assert ended.code == 0
    for word in (path, *said):
        assert word in ended.out


def test_words_that_decide_something_are_explained_and_compared(tmp_path: Path) -> None:
    ended = kap("protocol", "explain", "regulation.states.AL.home", cwd=tmp_path)
    assert "in_person_first" in ended.out
    other = varied({"regulation.rems.form_blocks_next_dose": True})
    (one,) = differences(packaged(), other)
    assert one.path == "regulation.rems.form_blocks_next_dose"
    assert [leaf.written for leaf in (one.before, one.after) if leaf is not None] == ["no", "yes"]


def test_everything_that_is_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    text = DEFAULT.read_text().replace("valid_min: {value: 45", "valid_min: {value: 0", 1)
    file.write_text(text.replace("opens_min: {value: 10", "opens_min: {value: 31", 1))
    ended = kap("protocol", "check", file, cwd=tmp_path)
    assert ended.code == 3
    for field in ("vitals.valid_min", "booster.closes_min"):
        assert field in ended.err
    assert "protocol_contradictory" in ended.err


def test_an_unsigned_file_says_so_and_a_signed_one_by_whom(tmp_path: Path) -> None:
    assert "not signed: runs only where the settings allow it" in kap("protocol", "check", cwd=tmp_path).out
    file = tmp_path / "signed.yaml"
    signature = 'signature: {signed_by: Dr. Fable, signed_on: "2026-11-30"}'
    file.write_text(DEFAULT.read_text().replace("signature: null", signature, 1))
    assert "signed by Dr. Fable on 2026-11-30" in kap("protocol", "check", file, cwd=tmp_path).out
