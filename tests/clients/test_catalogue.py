"""What the list of verbs promises is true: every example is a command, and every role named may."""

import json
import shlex

import pytest
from typer.models import CommandInfo

from clients.catalogue import all_verbs, example_fields, explained
from clients.cli.app import app
from clients.parsing import parse_command
from schemas.commands import ALL_COMMANDS, COMMANDS, Command


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda command: command.verb)
def test_example_is_a_complete_command_of_somebody_who_may(command: type[Command]) -> None:
    verb = explained(command)
    parsed = parse_command(command.verb, json.dumps(verb.example))
    assert parsed.actor.role in command.by
    assert parsed.reason is not None or not command.needs_reason


@pytest.mark.parametrize(
    "command", [one for one in ALL_COMMANDS if one.usage is None], ids=lambda command: command.verb
)
def test_usage_line_gives_exactly_the_example(command: type[Command]) -> None:
    line, *rest = explained(command).usage.split("\n")
    words = shlex.split(line.replace("<<'END'", ""))
    assert words[:4] == ["kap", "do", "p-3f9c2a", command.verb]
    assert words[4] == "--as"
    assert words[5].split(":")[0] in {role.value for role in command.by}
    fields = json.loads(rest[0]) if rest else {}
    assert fields == example_fields(command)


@pytest.mark.parametrize("command", [one for one in ALL_COMMANDS if one.usage], ids=lambda command: command.verb)
def test_a_command_of_its_own_is_one_that_there_is(command: type[Command]) -> None:
    kap, *words = shlex.split(explained(command).usage)
    assert kap == "kap"
    (group,) = [group for group in app.registered_groups if group.name == words[0]]
    assert group.typer_instance is not None
    assert words[1] in {registered_name(one) for one in group.typer_instance.registered_commands}


def registered_name(one: CommandInfo) -> str:
    assert one.callback is not None
    return one.name or one.callback.__name__


def test_every_verb_is_listed_in_the_order_of_the_protocol() -> None:
    listed = all_verbs()
    assert [verb.verb for verb in listed] == list(COMMANDS)
    assert all(verb.summary and verb.by for verb in listed)
    assert all(set(verb.by) == {role.value for role in COMMANDS[verb.verb].by} for verb in listed)
