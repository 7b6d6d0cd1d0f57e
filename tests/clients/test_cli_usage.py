"""The command line without any server: help, usage errors, exit codes, and JSON that programs can rely on."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from clients import errors
from clients.cli import exit as ending
from clients.cli.failing import told
from clients.cli.options import PhaseName, RoleName
from schemas.actors import Role
from schemas.pathway import Phase
from tests.support.command_line import ROOT, environment, kap

COMMANDS = [
    "refer",
    "status",
    "do",
    "verbs",
    "list",
    "worklist",
    "journal",
    "why",
    "up",
    "demo",
    "worker",
    "codec-server",
    "people put",
    "people list",
    "keys create",
    "keys rotate",
    "keys activate",
    "protocol check",
    "protocol explain",
    "protocol diff",
    "ops bootstrap",
    "ops schemas",
    "ops webhooks",
    "link create",
    "link list",
    "link revoke",
    "portal",
    "callbacks",
    "catcher list",
    "catcher reply",
    "catcher bounce",
    "ops rounds",
    "ops inventory",
    "ops endings",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command: str, tmp_path: Path) -> None:
    ended = kap(*command.split(), "--help", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: kap " + command in ended.out
    example = ended.out.split("Example:\n")[1]
    assert "kap " + command in example


def test_help_explains_the_exit_codes_and_names_every_command(tmp_path: Path) -> None:
    ended = kap("--help", cwd=tmp_path)
    assert ended.code == 0
    for code, meaning in ending.MEANING.items():
        assert f"{int(code)}  {meaning}" in ended.out
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in ended.out


def test_help_loads_nothing_that_takes_long(tmp_path: Path) -> None:
    """So it comes in a fifth of a second; any of these would double that, Temporal's SDK make it eightfold."""
    program = "import sys, clients.cli.app, clients.cli.failing; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=True
    )
    loaded = set(ended.stdout.decode().split())
    assert "typer" in loaded
    assert not loaded & {"temporalio", "pydantic", "rich", "asyncpg", "yaml", "cryptography", "structlog"}


def test_choices_are_those_of_the_schemas() -> None:
    assert list(get_args(PhaseName)) == [phase.value for phase in Phase]
    assert list(get_args(RoleName)) == [role.value for role in Role]


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["frobnicate"],
        ["list", "--phase", "nowhere"],
        ["list", "--limit", "0"],
        ["list", "--nonsense"],
        ["do", "p-1", "lift_hold", "--as", "physician"],
        ["do", "p-1", "lift_hold", "--as", ":dr-sage"],
        ["refer", "--data", "no such file.yaml"],
        ["refer", "--data", "."],
        ["up", "--temporal-port", "99999"],
        ["codec-server"],
        ["worker", "--queues", "pathways,nonsense"],
        ["keys"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(arguments: list[str], tmp_path: Path) -> None:
    ended = kap(*arguments, cwd=tmp_path)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    told_what = ("See: kap", "cannot be read", "There are the queues", "Usage: kap")
    assert any(words in ended.err + ended.out for words in told_what)


def test_usage_error_is_one_document_for_programs(tmp_path: Path) -> None:
    ended = kap("status", "--json", cwd=tmp_path)
    assert ended.code == 2
    assert ended.refusal["code"] == "usage"
    assert "PATHWAY" in ended.refusal["sentence"]


@pytest.mark.parametrize(
    ("verb", "data", "code", "field"),
    [
        ("approve_dosin", "", "unknown_verb", "verb"),
        ("capture_insight", "{", "malformed_json", None),
        ("capture_insight", "insight: [", "malformed_yaml", None),
        ("capture_insight", b"\xff", "malformed_payload", None),
        ("capture_insight", {"insight": 3}, "wrong_type", "insight"),
        ("capture_insight", {"insights": "x"}, "field_missing", "insight"),
        ("schedule_session", {"starts_at": "2027-01-12T10:00", "setting": "home"}, "naive_datetime", "starts_at"),
    ],
)
def test_bad_input_ends_with_3_before_anything_is_asked(
    verb: str, data: object, code: str, field: str | None, tmp_path: Path
) -> None:
    ended = kap("do", "p-1", verb, "--as", "therapist:th-fern", "--data", "-", "--json", cwd=tmp_path, data=data)
    assert ended.code == 3
    assert (ended.refusal["code"], ended.refusal["field"]) == (code, field)
    assert f"({code})" in ended.err
    assert ended.refusal["sentence"] in ended.err


def test_without_a_stack_the_next_step_is_told(tmp_path: Path) -> None:
    ended = kap("list", cwd=tmp_path)
    assert ended.code == 5
    assert "kap up" in ended.err
    ended = kap("list", "--state", "elsewhere", cwd=tmp_path)
    assert ended.code == 5
    assert "kap up --state elsewhere" in ended.err
    ended = kap("--state", "elsewhere", "list", "--json", cwd=tmp_path)
    assert (ended.code, ended.refusal["code"]) == (5, "stack_not_running")


def test_server_that_is_not_there_ends_with_5(tmp_path: Path) -> None:
    assert kap("keys", "create", "keyring.json", cwd=tmp_path).code == 0
    env = {"KAP_KEYRING": str(tmp_path / "keyring.json"), "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    ended = kap("status", "p-1", "--json", cwd=tmp_path, env=env)
    assert (ended.code, ended.refusal["code"]) == (5, "server_unreachable")
    assert "127.0.0.1:1" in ended.refusal["sentence"]


def test_database_that_is_not_there_ends_with_5(tmp_path: Path) -> None:
    assert kap("keys", "create", "keyring.json", cwd=tmp_path).code == 0
    env = {"KAP_KEYRING": str(tmp_path / "keyring.json")}
    for url, code in (
        ("postgresql://nobody@127.0.0.1:1/kap", "database_unreachable"),
        (f"postgresql://nobody@/kap?host={tmp_path}&port=1", "database_unreachable"),
    ):
        ended = kap("list", "--json", cwd=tmp_path, env={**env, "KAP_DATABASE_URL": url})
        assert (ended.code, ended.refusal["code"]) == (5, code)
    ended = kap("list", "--json", cwd=tmp_path, env=env)
    assert (ended.code, ended.refusal["code"]) == (5, "database_missing")


def test_unusable_setting_is_named_and_not_quoted(tmp_path: Path) -> None:
    ended = kap("list", cwd=tmp_path, env={"KAP_SMTP_PORT": "hunter2"})
    assert ended.code == 2
    assert "KAP_SMTP_PORT" in ended.err
    assert "hunter2" not in ended.err


def test_key_files_are_made_rotated_and_never_overwritten(tmp_path: Path) -> None:
    made = kap("keys", "create", "keys/keyring.json", "--json", cwd=tmp_path)
    assert (made.code, made.json["active"], made.json["keys"]) == (0, "k1", ["k1"])
    assert (tmp_path / "keys" / "keyring.json").stat().st_mode & 0o777 == 0o600
    assert kap("keys", "create", "keys/keyring.json", cwd=tmp_path).code == 2
    later = kap("keys", "rotate", "keys/keyring.json", "--later", "--json", cwd=tmp_path)
    assert (later.json["active"], later.json["keys"]) == ("k1", ["k1", "k2"])
    assert kap("keys", "activate", "keys/keyring.json", "k2", "--json", cwd=tmp_path).json["active"] == "k2"
    assert kap("keys", "activate", "keys/keyring.json", "k9", cwd=tmp_path).code == 2
    rotated = kap("keys", "rotate", "keys/keyring.json", cwd=tmp_path)
    assert "k3 seals from now on" in rotated.out
    secrets = [key["secret"] for key in json.loads((tmp_path / "keys" / "keyring.json").read_text())["keys"]]
    assert not any(secret in made.out + later.out + rotated.out for secret in secrets)


def test_verbs_are_listed_for_people_and_for_programs(tmp_path: Path) -> None:
    listed = kap("verbs", "--json", cwd=tmp_path).json
    table = kap("verbs", cwd=tmp_path).out
    assert all(entry["verb"] in table for entry in listed)
    explained = kap("verbs", "approve_dosing", "--json", cwd=tmp_path).json
    assert explained["by"] == ["physician"]
    assert "max_dose_mg" in explained["schema"]["properties"]
    page = kap("verbs", "approve_dosing", cwd=tmp_path).out
    assert "kap do p-3f9c2a approve_dosing --as physician:dr-sage" in page
    assert kap("verbs", "approve", cwd=tmp_path).code == 3


def test_schemas_are_printed_as_one_document_and_checked(tmp_path: Path) -> None:
    printed = kap("ops", "schemas", cwd=tmp_path)
    assert "command.approve_dosing" in printed.json
    assert kap("ops", "schemas", "--check", cwd=tmp_path).code == 0


def test_traceback_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / ".kap").mkdir()
    (tmp_path / ".kap" / "stack.json").write_text('["no object"]')
    ended = kap("list", "--json", cwd=tmp_path)
    assert (ended.code, ended.refusal["code"]) == (2, "settings_invalid")
    assert "Traceback" not in ended.err
    assert "Traceback" in kap("list", cwd=tmp_path, env={"KAP_DEBUG": "1"}).err


def test_unforeseen_error_is_told_by_its_type_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(RuntimeError("Wren Fable")) == 1
    assert "RuntimeError" in (message := capsys.readouterr().err)
    assert "Wren" not in message


def test_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    pipe = f"{sys.executable} -m clients.cli ops schemas | head -c 10; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", pipe], cwd=tmp_path, env=environment(), capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 0
    assert ended.stderr == b""


def test_documented_exit_codes_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    documented = re.findall(r"^\| (\d+) \| (.+?) \|$", page, re.MULTILINE)
    assert documented == [(str(int(code)), meaning) for code, meaning in ending.MEANING.items()]


def test_documented_codes_of_the_client_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text()
    codes = {value for name, value in vars(errors).items() if name.isupper()}
    assert codes <= set(re.findall(r"`([a-z_]+)`", page))


def test_exit_codes_of_refusals() -> None:
    assert ending.exit_for("unknown_pathway") == 4
    assert ending.exit_for("database_unreachable") == 5
    assert ending.exit_for("vitals_stale") == 3
