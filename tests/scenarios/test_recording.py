"""A recorded pathway as a scenario, and the same commands under another protocol."""

import json
from pathlib import Path

import pytest
import yaml

from clients.errors import Refused
from clients.rederiving import opening_of
from clients.scenarios.comparing import Kind, compare
from clients.scenarios.disguise import Disguise
from clients.scenarios.reading import Script, parsed_script, read_script
from clients.scenarios.recording import as_yaml, document_of, names_a_day, recorded, without_delivery
from clients.scenarios.running import run_on_rules
from schemas.events import Event
from tests.support.protocols import varied

TIMELINES = sorted(Path(__file__).parent.glob("*.yaml"))
S01 = next(path for path in TIMELINES if path.stem.startswith("s01"))
TWICE = next(path for path in TIMELINES if "repeated-hour" in path.stem)


def played(path: Path, folder: Path) -> tuple[Script, list[Event], str]:
    """A timeline, its journal, and the name under which its protocol is found."""
    script = read_script(path)
    protocol = folder / "protocol.yaml"
    protocol.write_text(yaml.safe_dump(json.loads(script.protocol.model_dump_json())))
    return script, list(run_on_rules(script).record.events), str(protocol)


def told(events: list[Event]) -> list[tuple[object, ...]]:
    return [
        (event.fact.type, event.actor and event.actor.role, event.recorded_at, event.observed_at)
        for event in without_delivery(events)
    ]


@pytest.mark.parametrize("path", TIMELINES[::4], ids=lambda path: path.stem)
def test_a_recorded_timeline_records_the_same_again(path: Path, tmp_path: Path) -> None:
    script, events, protocol = played(path, tmp_path)
    text = recorded(events, script.protocol, protocol, keep_dates=True)
    again = run_on_rules(parsed_script(text, tmp_path / "again.yaml"))
    assert again.passed, again.failures[:3]
    assert told(list(again.record.events)) == told(events)


def test_neither_people_nor_words_nor_dates_are_the_patients(tmp_path: Path) -> None:
    script, events, protocol = played(S01, tmp_path)
    text = recorded(events, script.protocol, protocol)
    body = text.replace(protocol, "")
    people = {event.actor.id for event in events if event.actor is not None}
    assert len(people) > 4
    assert not [one for one in people if one in body]
    said = json.dumps([event.said.content for event in events if event.said is not None])
    assert "suitcase" in said or "without turning away" in said
    assert "suitcase" not in body
    assert "without turning away" not in body
    days = {str(event.recorded_at.date()) for event in events}
    assert not [day for day in days if day in body]
    assert "medical_hold" not in said or "physician-1" in body


@pytest.mark.parametrize(("weeks", "names"), [(-5, True), (6, True), (-114, True), (-20, False), (52, False)])
def test_a_span_that_moves_a_day_onto_another_is_noticed(weeks: int, names: bool, tmp_path: Path) -> None:
    script, events, protocol = played(S01, tmp_path)
    document = document_of(events, Disguise(events, script.protocol, opening_of(events).zone, weeks), protocol)
    assert names_a_day(as_yaml(document), events) is names


def test_where_dates_matter_it_says_so(tmp_path: Path) -> None:
    script, events, protocol = played(TWICE, tmp_path)
    with pytest.raises(Refused) as caught:
        recorded(events, script.protocol, protocol)
    assert caught.value.code == "dates_matter"


def test_what_other_releases_or_protocols_recorded_is_refused(tmp_path: Path) -> None:
    script, events, protocol = played(S01, tmp_path)
    silent = [event.model_copy(update={"said": None}) for event in events]
    for journal, under, code in (
        (silent, script.protocol, "journal_without_commands"),
        (events, script.protocol.model_copy(update={"version": "2020-01"}), "other_protocol"),
        ([], script.protocol, "nothing_to_tell"),
        (events[:-1], varied({"approval.first.valid_days": 20}), "not_reproduced"),
    ):
        with pytest.raises(Refused) as caught:
            recorded(journal, under, protocol, keep_dates=True)
        assert caught.value.code == code


def test_under_the_same_protocol_nothing_differs(tmp_path: Path) -> None:
    script, events, _ = played(S01, tmp_path)
    assert compare(events, "p-1", script.protocol).differences == ()


def test_under_another_protocol_it_says_what_is_refused_missing_new_and_moved(tmp_path: Path) -> None:
    _, events, _ = played(S01, tmp_path)
    other = varied({"approval.first.valid_days": 10, "work.approve_dosing.due_h": 12})
    found = compare(events, "p-1", other)
    refused = [one for one in found.differences if one.kind is Kind.REFUSED]
    assert (refused[0].what, refused[0].detail) == ("approve_dosing", "validity_too_long (valid_days)")
    assert {one.kind for one in found.differences} == set(Kind)
    moved = next(one for one in found.differences if one.kind is Kind.MOVED)
    assert (moved.what, moved.detail[:4]) == ("work_item_opened approve_dosing", "due ")
    assert [one.at for one in found.differences] == sorted(one.at for one in found.differences)
