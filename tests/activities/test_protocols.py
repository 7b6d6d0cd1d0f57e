"""Protocol files are read strictly, and a mistake is named with its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from activities.protocols import ProtocolInvalid, load_protocol

PACKAGED = Path(__file__).parents[2] / "schemas" / "protocols" / "kap-default.yaml"
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the packaged protocol with one text replaced; returns its path."""

    def written(old: str = "", new: str = "") -> str:
        text = PACKAGED.read_text()
        assert old in text
        path = tmp_path / "clinic.yaml"
        path.write_text(text.replace(old, new, 1) if old else text)
        return str(path)

    return written


def refusal_of(name: str) -> ProtocolInvalid:
    with pytest.raises(ProtocolInvalid) as caught:
        load_protocol(name)
    return caught.value


def test_the_packaged_protocol_is_found_by_name_and_by_path(write: Write) -> None:
    protocol = load_protocol("kap-default")
    assert protocol.id == "kap-default"
    assert protocol.signature is None
    assert protocol.session.reminder_local_time.isoformat() == "10:00:00"
    assert load_protocol(write()) == protocol == load_protocol(str(PACKAGED))


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("title: Ketamine", "tittle: Ketamine", "field_missing", "title"),
        ("title: Ketamine", "extra: 1\ntitle: Ketamine", "unknown_field", "extra"),
        ("series:\n  sessions: {value: 6", "series:\n  sessions: {value: six", "wrong_type", "series.sessions.value"),
        ("series:\n  sessions: {value: 6", "series:\n  sessions: {value: '6'", "wrong_type", "series.sessions.value"),
        (
            '    provenance: design_default\n    source: "Journey Clinical: us',
            '    provenance: guessed\n    source: "Journey Clinical: us',
            "unknown_value",
            "series.min_hours_between_doses.provenance",
        ),
        ("settings: [clinic, home]", "settings: [clinic, moon]", "unknown_value", "routes.sublingual.settings.1"),
        ('"10:00"', '"25:00"', "invalid_value", "session.reminder_local_time"),
        ("  record_outcome:", "  #", "protocol_incomplete", "work.record_outcome"),
    ],
)
def test_a_mistake_is_named_with_its_field(write: Write, old: str, new: str, code: str, field: str | None) -> None:
    error = refusal_of(write(old, new))
    assert error.refusal.code == code
    if field is not None:
        assert error.refusal.field == field
    assert "clinic.yaml: " in str(error)
    assert error.refusal.sentence.endswith(".")


def test_a_rule_across_fields_says_what_is_wrong(write: Write) -> None:
    refusal = refusal_of(write("window_opens_h: {value: 24", "window_opens_h: {value: 240")).refusal
    assert "open before it closes" in refusal.sentence


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Ketamine", "title: First\ntitle: Ketamine"),
        ("unit: s,", "unit: s, value: 3600,"),
        ("work:\n", "session: {}\nwork:\n"),
    ],
)
def test_a_key_given_twice_is_refused_with_its_line(write: Write, old: str, new: str) -> None:
    error = refusal_of(write(old, new))
    assert error.refusal.code == "duplicate_key"
    assert error.refusal.sentence.startswith("Line ")


def test_what_old_yaml_would_have_changed_silently_is_read_as_it_stands(write: Write) -> None:
    protocol = load_protocol(write('reminder_local_time: "10:00"', "reminder_local_time: 10:00"))
    assert protocol.session.reminder_local_time.hour == 10
    assert load_protocol(write('version: "2026.11-1"', "version: 2026-11-01")).version == "2026-11-01"
    assert load_protocol(write("title: Ketamine", "title: no #")).title == "no"
    assert refusal_of(write("{value: 60, unit: s,", "{value: 0o74, unit: s,")).refusal.code == "wrong_type"
    assert refusal_of(write("{value: 60, unit: s,", "{value: .inf, unit: s,")).refusal.code == "wrong_type"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"title: [unclosed", "malformed_yaml"),
        (b"a: !!python/object/apply:os.getcwd []", "malformed_yaml"),
        (b"a: !!binary aGVsbG8=", "malformed_yaml"),
        (b"a: !!timestamp 2026-01-01", "malformed_yaml"),
        (b"a: &loop [*loop]", "malformed_yaml"),
        (b"a: 1e999", "malformed_yaml"),
        (b"? [1, 2]\n: 3", "malformed_yaml"),
        (b"? {a: 1}\n: 3", "malformed_yaml"),
        (b"a: 1\n---\nb: 2", "malformed_yaml"),
        (b"[" * 500, "malformed_yaml"),
        (b"title: \xff\xfe", "unreadable_file"),
        (b"", "wrong_type"),
        (b"just words", "wrong_type"),
    ],
)
def test_what_is_no_protocol_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "clinic.yml"
    path.write_bytes(content)
    assert refusal_of(str(path)).refusal.code == code


@pytest.mark.parametrize("name", ["nowhere.yaml", "./nowhere", "nowhere", "..", "", "Kap Default", "/"])
def test_an_unknown_name_or_path_is_refused(name: str) -> None:
    error = refusal_of(name)
    assert error.refusal.code == "unreadable_file"
    assert error.file == name
