"""Every timeline of this folder on the rules alone; and what the runner does where something is otherwise."""

from pathlib import Path

import pytest

from clients.scenarios.invariants import objections
from clients.scenarios.reading import read_script
from clients.scenarios.record import Record
from clients.scenarios.reporting import report, write_report
from clients.scenarios.running import Result, differences, run_on_rules
from clients.scenarios.telling import told
from schemas.events import Event
from schemas.facts import DrugAdministered, WorkItemClosed
from tests.rules.audits import AUDITS
from tests.rules.chart import Chart
from tests.support.command_line import kap
from tests.support.course import Entry

FOLDER = Path(__file__).parent
TIMELINES = sorted(FOLDER.glob("*.yaml"))
S01 = FOLDER / "s01-high-pressure-on-arrival.yaml"


def changed(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the first timeline with something planted in it."""
    text = S01.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    copy = tmp_path / "planted.yaml"
    copy.write_text(text)
    return copy


@pytest.mark.parametrize("path", TIMELINES, ids=lambda path: path.stem)
def test_timeline(path: Path) -> None:
    result = run_on_rules(read_script(path))
    assert result.passed, "\n".join(told(result))
    assert_sound(result)


def assert_sound(result: Result) -> None:
    """What the auditors of the property tests say to it, and the state that the journal tells."""
    record, protocol = result.record, result.play.script.protocol
    entries = [Entry(event.fact, event.observed_at, event.recorded_at, event.actor) for event in record.events]
    chart = Chart(protocol, record.opening.treatment)
    chart.read(entries)
    chart.agrees_with(record.states[-1])
    for kind in AUDITS:
        audit = kind(protocol, record.opening)
        for entry in entries:
            audit.read(entry)
        audit.agrees_with(record.states[-1])


@pytest.mark.parametrize(
    ("old", "new", "expected", "happened"),
    [
        ("refused: role_not_allowed", "refused: no_hold", "refused with no_hold", "refused with role_not_allowed"),
        ("where: {late: false}", "where: {late: true}", "integration_note_signed", "2026-04-17 10:00"),
        ("due: +2h}", "due: +3h}", "due: +3h", "review_hold by dr-rowan, due 2026-04-28 12:26"),
        ("phase: session", "phase: approval", "phase approval", "phase session"),
        ("approval: {sessions_used: 1}", "approval: {sessions_used: 2}", "sessions_used is 2", "1"),
        ("sent: session_reminder", "sent: work_overdue", "never {since: 2026-04-28 10:26", "work_overdue to"),
        ("checks: {no_hold: passed}", "checks: {no_hold: on_hold}", "check no_hold: on_hold", "passed"),
        ("    refused: no_session\n", "", "record_administration is accepted", "refused with no_session"),
    ],
)
def test_what_is_otherwise_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, expected: str, happened: str
) -> None:
    path = changed(tmp_path, (old, new))
    result = run_on_rules(read_script(path))
    (failure,) = result.failures
    assert expected in failure.expected
    assert happened in failure.found
    text = "\n".join(told(result))
    place = S01.read_text()[: S01.read_text().index(old)].count("\n") + 1
    assert f"{path}:{failure.line}" in text
    assert abs(failure.line - place) <= 3
    assert "✗ line" in text or "never" in text


def test_a_step_that_cannot_be_taken_ends_the_play(tmp_path: Path) -> None:
    result = run_on_rules(read_script(changed(tmp_path, ('at: "10:14"', 'at: "09:14"'))))
    assert [failure.found for failure in result.failures] == ["09:14 lies before the step before it"]


def test_a_record_that_should_not_be_is_objected_to() -> None:
    result = run_on_rules(read_script(S01))
    record, protocol = result.record, result.play.script.protocol
    assert objections(record, protocol) == []
    by_nobody = [
        event.model_copy(update={"actor": None}) if isinstance(event.fact, WorkItemClosed) else event
        for event in record.events
    ]
    assert "work_item_closed was caused by nobody" in _objected(result, by_nobody)
    (dose,) = [event for event in record.events if isinstance(event.fact, DrugAdministered)]
    assert isinstance(dose.fact, DrugAdministered)
    given = dose.fact.model_copy(update={"dose": dose.fact.dose.model_copy(update={"dose_mg": 900.0})})
    too_much = dose.model_copy(update={"fact": given})
    told_more = [too_much if event is dose else event for event in record.events]
    assert "drug was given beyond what was approved" in _objected(result, told_more)
    strange = dose.fact.model_copy(update={"dose": dose.fact.dose.model_copy(update={"approval_id": "A9"})})
    under_none = dose.model_copy(update={"fact": strange})
    told_other = [under_none if event is dose else event for event in record.events]
    assert "drug was given under another approval than the last two" in _objected(result, told_other)


def _objected(result: Result, events: list[Event]) -> str:
    record = Record("rules", result.record.opening, events, [], [*result.record.sent, *result.record.sent])
    return "\n".join(sentence for _, sentence in objections(record, result.play.script.protocol))


def test_another_record_differs(tmp_path: Path) -> None:
    one = run_on_rules(read_script(S01))
    other = run_on_rules(read_script(changed(tmp_path, ('at: "10:02"', 'at: "10:03"'))))
    assert differences(one.play, one.record, one.record)[0].met
    journal, *rest = differences(one.play, one.record, other.record)
    assert "both engines to record the same" in journal.expected
    assert all(not finding.met for finding in (journal, *rest))


def test_the_report_needs_nothing_else_and_says_what_failed(tmp_path: Path) -> None:
    planted = changed(
        tmp_path, ("phase: session", "phase: approval"), ("name: The first approval", "name: <b>The</b> first")
    )
    results = [run_on_rules(read_script(path)) for path in (S01, planted)]
    page = report(results)
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg"') == 2 * len(results)
    assert "1 of 2 timelines went as expected" in page
    assert "phase approval" in page
    assert "<b>The</b>" not in page
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert write_report(results, tmp_path / "new" / "folder").read_text() == page


def test_the_command_tells_and_exits(tmp_path: Path) -> None:
    done = kap("scenario", "run", S01, "--report", tmp_path, cwd=tmp_path)
    assert (done.code, done.out.count("✓")) == (0, 1), done.err
    assert (tmp_path / "index.html").exists()
    failed = kap("scenario", "run", changed(tmp_path, ("phase: session", "phase: approval")), cwd=tmp_path)
    assert failed.code == 3
    assert "expected  phase approval" in failed.out
    (answer,) = kap("scenario", "run", S01, "--json", cwd=tmp_path).json
    assert (answer["passed"], answer["failures"]) == (True, [])
