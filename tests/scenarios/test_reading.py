"""Scenario files are read strictly: whatever means nothing is refused, with its line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clients.errors import Refused
from clients.scenarios.moments import Calendar, Unknown, dated
from clients.scenarios.reading import parsed_script
from clients.scenarios.running import run_on_rules
from schemas.scenario.when import parsed

GOOD = """\
scenario: A short one
starts: 2026-03-16 09:00
zone: America/Denver
people:
  dr-rowan: {role: physician}
  dr-birch: {role: physician, zone: America/Chicago}
steps:
  - go_on: {phase: approval}
  - at: 2026-03-17 16:00
    by: dr-rowan
    do: approve_dosing
    with: {max_dose_mg: 150, sessions: 2}
    label: approved
    expect:
      approval: {valid_until: 2026-04-16 23:59:59}
      owed: [{kind: read_dose_plan, owner: patient}]
      journal: [{fact: dosing_approved, where: {approval.id: A1}}]
never:
  - sent: on_hold
    since: approved
"""


def test_the_good_one_is_good() -> None:
    assert run_on_rules(parsed_script(GOOD, Path("x.yaml"))).passed


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "words"),
    [
        ("scenario: A", "scenari: A", 1, "field_missing", "scenario is missing"),
        ("zone: America/Denver\npeople", "zone: America/Denvr\npeople", 3, "invalid_value", "IANA"),
        ("starts: 2026-03-16 09:00", "starts: 09:00", 2, "invalid_value", "a date with a time"),
        ("starts: 2026-03-16 09:00", "starts: 2026-02-30 09:00", 2, "invalid_value", "no such day"),
        ("role: physician}\n  dr-b", "role: fysician}\n  dr-b", 5, "unknown_value", "physician"),
        ("people:", "protocol: nowhere\npeople:", 4, "unreadable_file", "cannot be read"),
        ("people:", "overrides: {series.sesions: 2}\npeople:", 4, "unknown_field", "no value series.sesions"),
        ("people:", "overrides: {series.sessions: many}\npeople:", 4, "wrong_type", "number"),
        ("phase: approval", "phase: aproval", 8, "unknown_value", "approval"),
        ("phase: approval", "phase: approval, times: 2", 8, "invalid_value", "exactly one"),
        ("at: 2026-03-17 16:00", "at: 2026-03-17 26:00", 9, "invalid_value", "no such time"),
        ("at: 2026-03-17 16:00", "at: tomorrow at ten", 9, "invalid_value", "write it as"),
        ("at: 2026-03-17 16:00", "at: +1h after aproved", 9, "unknown_value", "label aproved"),
        ("by: dr-rowan", "by: dr-rown", 10, "unknown_value", "Did you mean dr-rowan"),
        ("by: dr-rowan", "by: physician", 10, "unknown_value", "dr-rowan, dr-birch"),
        ("    by: dr-rowan\n", "", 9, "invalid_value", "belong together"),
        ("do: approve_dosing", "do: approve", 11, "unknown_verb", "no verb approve"),
        ("do: approve_dosing", "do: approve_dosing\n    happens: worker_killed", 9, "invalid_value", "one thing"),
        ("max_dose_mg: 150", "max_dose: 150", 12, "unknown_field", "Did you mean max_dose_mg"),
        ("label: approved", "label: session", 13, "invalid_value", "has a meaning"),
        ("valid_until: 2026-04-16 23:59:59", "valid_til: 3", 15, "unknown_field", "valid_til"),
        ("valid_until: 2026-04-16 23:59:59", "valid_until: soon!", 15, "invalid_value", "write it as"),
        ("kind: read_dose_plan", "kind: read_plan", 16, "unknown_value", ""),
        ("owner: patient", "owner: nobody", 16, "unknown_value", "Nobody here is called nobody"),
        ("fact: dosing_approved", "fact: dosing_aproved", 17, "unknown_value", "Did you mean dosing_approved"),
        ("approval.id: A1", "aproval.id: A1", 17, "unknown_field", "aproval"),
        ("sent: on_hold", "sent: held", 19, "unknown_value", "on_hold"),
        ("since: approved", "since: aproved", 20, "unknown_value", "label aproved"),
        ("never:", "nevr:", 18, "unknown_field", "not known"),
        ("never:", "steps:", 18, "duplicate_field", "twice"),
        ("  - sent: on_hold", "  - sent: [on_hold", 20, "malformed_yaml", ""),
        ("since: approved", "owed: read_dose_plan", 19, "invalid_value", "exactly one of sent"),
    ],
)
def test_what_means_nothing_is_refused_with_its_line(old: str, new: str, line: int, code: str, words: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(Refused) as problem:
        parsed_script(GOOD.replace(old, new), Path("x.yaml"))
    refusal = problem.value.refusal
    assert (refusal.code, refusal.facts["line"]) == (code, line), refusal
    assert f"x.yaml:{line}: " in refusal.sentence
    assert words in refusal.sentence


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-31 10:00", "2026-10-31T14:00"),
        ("2026-11-01 01:30", "2026-11-01T05:30"),
        ("2027-03-14 02:30", "2027-03-14T07:30"),
        ("2026-11-01 10:00 America/Phoenix", "2026-11-01T17:00"),
        ("2026-11-01T10:00Z", "2026-11-01T10:00"),
    ],
)
def test_dates_are_local(text: str, utc: str) -> None:
    assert dated(text, "America/New_York") == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("10:30", "2026-10-31T14:30"),
        ("+1d 10:00", "2026-11-01T15:00"),
        ("+24h", "2026-11-01T14:00"),
        ("+1d2h30m5s", "2026-11-01T16:30:05"),
        ("start", "2026-10-01T00:00"),
        ("+1h after start", "2026-10-01T01:00"),
        ("2d before held", "2026-10-08T00:00"),
        ("held", "2026-10-10T00:00"),
        ("+24h after session 2", "2026-10-21T00:00"),
    ],
)
def test_other_moments_count_from_something(text: str, utc: str) -> None:
    script = parsed_script(GOOD, Path("x.yaml"))
    state = run_on_rules(script).record.states[0]
    calendar = Calendar("America/New_York", datetime(2026, 10, 1, tzinfo=UTC))
    calendar.labels["held"] = datetime(2026, 10, 10, tzinfo=UTC)
    before, doses = datetime(2026, 10, 31, 14, tzinfo=UTC), {2: datetime(2026, 10, 20, tzinfo=UTC)}
    assert calendar.instant(text, before, state, doses) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    for unknown in ("T-2h", "expiry", "session 1", "+1h after later"):
        with pytest.raises(Unknown):
            calendar.instant(unknown, before, state, doses)


@pytest.mark.parametrize("text", ["", "+", "2026-04-28", "25", "+5", "T+", "T-", "soon!", "10:00 Nowhere/City", "1h"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text)


def test_the_schema_of_the_files_is_published() -> None:
    from clients.publishing import documents

    schema = documents()["scenario"]
    assert schema["additionalProperties"] is False
    assert {"scenario", "starts", "zone", "steps"} <= set(schema["required"])
    assert "with" in schema["$defs"]["Step"]["properties"]
