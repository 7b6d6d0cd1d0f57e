"""The published JSON Schemas are those of the models, and they are enough to check a document with."""

import json

from clients import publishing
from clients.catalogue import explained
from schemas.commands import ALL_COMMANDS


def test_published_files_are_current() -> None:
    assert publishing.outdated() == [], "write them anew with: kap ops schemas --write"


def test_there_is_one_for_each_command_and_each_answer() -> None:
    names = {path.stem for path in publishing.FOLDER.glob("*.json")}
    assert {f"command.{command.verb}" for command in ALL_COMMANDS} <= names
    assert {"referral", "event", "status", "receipt", "refusal"} <= names


def test_commands_refuse_unknown_fields_and_require_who_acts() -> None:
    for command in ALL_COMMANDS:
        schema = json.loads((publishing.FOLDER / f"command.{command.verb}.json").read_text())
        assert schema["additionalProperties"] is False
        assert {"command_id", "actor"} <= set(schema["required"])
        assert set(explained(command).example) <= set(schema["properties"])


def test_answers_promise_all_of_their_fields() -> None:
    status = json.loads((publishing.FOLDER / "status.json").read_text())
    assert {"phase", "next_step", "dose_allowed", "checks", "work", "due"} <= set(status["required"])
