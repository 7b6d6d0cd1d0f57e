"""From text to a command: every kind of bad input is refused with its code and field, and quotes nothing."""

import json
from typing import Any

import pytest

from clients.errors import Refused
from clients.parsing import MOST_BYTES, parse_command, parse_model, parse_models
from schemas.actors import Role
from schemas.commands import CaptureInsight, CheckIn, RecordVitals, ScheduleSession
from schemas.messages import Contact
from schemas.referral import Referral

ACTOR = {"id": "dr-sage", "role": "physician"}
DOSING = {"route": "sublingual", "setting": "clinic", "max_dose_mg": 150, "sessions": 2, "valid_days": 30}
REFERRAL: dict[str, Any] = {
    "referral_id": "r-1",
    "sender": "fern-practice",
    "source": "self",
    "patient": {
        "given_name": "Wren",
        "family_name": "Fable",
        "birth_date": "1990-02-03",
        "email": "wren@example.org",
        "zone": "America/Denver",
        "residence": "CO",
    },
    "setting": "clinic",
    "concern": "Low for two years.",
}


def refusal(verb: str, text: Any, **defaults: Any) -> tuple[str, str | None]:
    """Code and field with which a command is refused."""
    sent = text if isinstance(text, str | bytes) else json.dumps(text)
    with pytest.raises(Refused) as refused:
        parse_command(verb, sent, defaults)
    assert refused.value.refusal.sentence.endswith((".", ")", "verbs"))
    return refused.value.code, refused.value.refusal.field


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"max_dose_mg": None}, "wrong_type", "max_dose_mg"),
        ({"max_dose_mg": "150"}, "wrong_type", "max_dose_mg"),
        ({"max_dose_mg": 0}, "invalid_value", "max_dose_mg"),
        ({"sessions": 1.5}, "wrong_type", "sessions"),
        ({"sessions": True}, "wrong_type", "sessions"),
        ({"route": "by mouth"}, "unknown_value", "route"),
        ({"dose_mgs": 3}, "unknown_field", "dose_mgs"),
        ({"observed_at": "2027-01-12T10:00:00"}, "naive_datetime", "observed_at"),
        ({"observed_at": "yesterday"}, "invalid_value", "observed_at"),
        ({"actor": {"id": "dr-sage"}}, "field_missing", "actor.role"),
        ({"actor": {"id": "dr-sage", "role": "wizard"}}, "unknown_value", "actor.role"),
        ({"actor": {"id": "Dr. Sage!", "role": "physician"}}, "invalid_value", "actor.id"),
        ({"command_id": ""}, "invalid_value", "command_id"),
        ({"expected_version": -1}, "invalid_value", "expected_version"),
    ],
)
def test_wrong_field_is_named_with_a_code(changes: dict[str, Any], code: str, field: str) -> None:
    assert refusal("approve_dosing", {**DOSING, "actor": ACTOR, **changes}) == (code, field)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "malformed_json"),
        ('{"route": "sublingual",}', "malformed_json"),
        ("[1, 2", "malformed_json"),
        ('{"max_dose_mg": NaN}', "malformed_json"),
        ('{"max_dose_mg": ' + "9" * 5000 + "}", "malformed_json"),
        ('{"a": ' * 50_000, "malformed_json"),
        ('{"max_dose_mg": 1e999}', "invalid_value"),
        ("[]", "wrong_type"),
        ("3", "wrong_type"),
        ("just a sentence", "wrong_type"),
        (b"\xff\xfe{}", "malformed_payload"),
        ("route: [unclosed", "malformed_yaml"),
        ("route: !!python/object/apply:os.system [ls]", "malformed_yaml"),
        ("a: &loop [*loop]", "malformed_yaml"),
        ("a: &x 1\nb: *x", "malformed_yaml"),
        ("? [a, b]\n: c", "malformed_yaml"),
        ("---\na: 1\n---\nb: 2", "malformed_yaml"),
        ("route: \x07", "malformed_yaml"),
        ("- " * 20_000, "malformed_json"),
        (" " * MOST_BYTES + "{}", "too_large"),
    ],
)
def test_what_is_no_object_is_refused_as_a_whole(text: str | bytes, code: str) -> None:
    assert refusal("approve_dosing", text) == (code, None)


@pytest.mark.parametrize("text", ['{"sessions": 1, "sessions": 6}', "sessions: 1\nsessions: 6"])
def test_field_given_twice_is_refused_instead_of_guessed(text: str) -> None:
    assert refusal("approve_dosing", text) == ("duplicate_field", "sessions")


def test_field_given_twice_deep_inside_is_refused() -> None:
    text = '{"vitals": {"systolic": 120, "systolic": 190}}'
    assert refusal("record_vitals", text) == ("duplicate_field", "systolic")


@pytest.mark.parametrize("verb", ["aprove_dosing", "approve-dosing", "APPROVE_DOSING"])
def test_unknown_verb_is_refused_with_the_nearest_one(verb: str) -> None:
    with pytest.raises(Refused, match="Did you mean approve_dosing") as refused:
        parse_command(verb, "{}")
    assert (refused.value.code, refused.value.refusal.field) == ("unknown_verb", "verb")


def test_verb_of_dunder_or_path_is_just_unknown() -> None:
    assert refusal("__class__", "{}") == ("unknown_verb", "verb")
    assert refusal("../secrets", "{}") == ("unknown_verb", "verb")


@pytest.mark.parametrize("text", ['{"concern_of_wren_fable": 1}', '{"max_dose_mg": "wren fable"}', "wren: [fable"])
def test_refusal_never_quotes_what_was_sent(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_command("approve_dosing", text, {"actor": {"id": "wren fable", "role": "wren"}})
    told = refused.value.refusal.model_dump_json().lower() + str(refused.value).lower()
    assert "wren fable" not in told
    assert "'wren'" not in told


def test_yaml_means_what_json_means() -> None:
    written = """
    starts_at: 2027-01-12T10:00:00-07:00   # an instant, not YAML's date
    setting: clinic
    """
    as_json = '{"starts_at": "2027-01-12T10:00:00-07:00", "setting": "clinic"}'
    defaults = {"actor": ACTOR, "command_id": "c-1"}
    command = parse_command("schedule_session", written, defaults)
    assert isinstance(command, ScheduleSession)
    assert command == parse_command("schedule_session", as_json, defaults)


def test_yaml_word_no_is_a_word_and_no_boolean() -> None:
    text = "setting: clinic\nidentity_confirmed: yes\ntherapist_present: true"
    assert refusal("check_in", text, actor=ACTOR) == ("wrong_type", "identity_confirmed")


def test_yaml_clock_time_is_no_number() -> None:
    assert refusal("record_vitals", "vitals: {systolic: 10:30}", actor=ACTOR) == ("wrong_type", "vitals.systolic")


def test_yaml_values_keep_their_types() -> None:
    text = "vitals: {systolic: 124, diastolic: 78, heart_rate: null}\nreason: '42'"
    command = parse_command("record_vitals", text, {"actor": ACTOR})
    assert isinstance(command, RecordVitals)
    assert (command.vitals.systolic, command.vitals.heart_rate, command.reason) == (124, None, "42")


def test_command_id_is_made_where_none_is_given_and_kept_where_one_is() -> None:
    first = parse_command("capture_insight", "insight: one", {"actor": ACTOR})
    second = parse_command("capture_insight", "insight: one", {"actor": ACTOR})
    assert first.command_id != second.command_id
    assert parse_command("capture_insight", "insight: one\ncommand_id: c-7", {"actor": ACTOR}).command_id == "c-7"


def test_flag_that_contradicts_the_data_is_refused() -> None:
    text = {"insight": "one", "actor": ACTOR}
    nurse = {"id": "nu-reed", "role": "nurse"}
    assert refusal("capture_insight", text, actor=nurse) == ("conflicting_value", "actor")
    assert parse_command("capture_insight", json.dumps(text), {"actor": ACTOR}).actor.role is Role.PHYSICIAN


def test_command_without_actor_is_refused() -> None:
    assert refusal("capture_insight", {"insight": "one"}) == ("field_missing", "actor")


def test_command_without_fields_needs_no_text() -> None:
    assert parse_command("lift_hold", "", {"actor": ACTOR, "reason": "Calm again."}).reason == "Calm again."


def test_text_with_byte_order_mark_is_read() -> None:
    command = parse_command("capture_insight", b'\xef\xbb\xbf{"insight": "one"}', {"actor": ACTOR})
    assert isinstance(command, CaptureInsight)


def test_models_of_other_commands_do_not_fit() -> None:
    example = CheckIn.example
    assert refusal("approve_dosing", {**example, "actor": ACTOR})[0] in {"field_missing", "unknown_field"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"patient": {**REFERRAL["patient"], "birth_date": "03/02/1990"}}, "invalid_value", "patient.birth_date"),
        ({"patient": {**REFERRAL["patient"], "zone": "MST7"}}, "invalid_value", "patient.zone"),
        ({"patient": {**REFERRAL["patient"], "email": "wren"}}, "invalid_value", "patient.email"),
        ({"patient": None}, "wrong_type", "patient"),
        ({"source": "friend"}, "unknown_value", "source"),
        ({"referred_at": "2027-01-12T10:00"}, "naive_datetime", "referred_at"),
        ({"ssn": "078-05-1120"}, "unknown_field", "ssn"),
        ({"concern": "   "}, "invalid_value", "concern"),
        ({"clock": {"scale": 0}}, "invalid_value", "clock.scale"),
    ],
)
def test_malformed_referral_is_refused(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_model(Referral, json.dumps({**REFERRAL, **changes}))
    assert (refused.value.code, refused.value.refusal.field) == (code, field)


def test_referral_is_read() -> None:
    assert parse_model(Referral, json.dumps(REFERRAL)).patient.given_name == "Wren"


def test_blank_referral_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        parse_model(Referral, "  \n")
    assert refused.value.code == "malformed_json"


def test_field_in_a_list_is_named_with_its_place() -> None:
    contact = {"id": "th-fern", "role": "therapist", "name": "Fern", "email": "fern@example.org", "zone": "UTC"}
    assert [c.id for c in parse_models(Contact, json.dumps([contact, {**contact, "id": "th-two"}]))] == [
        "th-fern",
        "th-two",
    ]
    assert parse_models(Contact, json.dumps(contact))[0].id == "th-fern"
    with pytest.raises(Refused) as refused:
        parse_models(Contact, json.dumps([contact, {**contact, "role": "king"}]))
    assert (refused.value.code, refused.value.refusal.field) == ("unknown_value", "1.role")
