"""The operator's page: its table of settings, its commands, and the example of Temporal's configuration file."""

import re
import tomllib
from pathlib import Path

import pytest
from temporalio.envconfig import ClientConfigProfile

from activities.keyring import load_keyring
from tests.deploy.support import kap
from workers.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
GUIDE = (DEPLOY / "README.md").read_text()
EXAMPLE = DEPLOY / "temporal.toml.example"


def settings_table() -> str:
    """Every setting with its default and meaning, as the page has to have it."""

    def shown(value: object) -> str:
        if value is None:
            return ""
        return f"`{str(value).lower() if isinstance(value, bool) else value}`"

    rows = [
        f"| `KAP_{name.upper()}` | {shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def test_the_table_of_settings_is_the_settings() -> None:
    assert settings_table() in GUIDE, f"deploy/README.md should have this table:\n{settings_table()}"


def commands() -> list[list[str]]:
    """The ``kap`` commands of the page, as they are to be typed."""
    found = re.findall(r"^docker compose run --rm kap ([^#\n]+)", GUIDE, re.MULTILINE)
    named = re.findall(r"`kap ([a-z -]+)`", GUIDE.replace("\n", " "))
    return [command.split() for command in [*found, *named]]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_its_commands_exist(command: list[str]) -> None:
    result = kap(*command, "--help")
    assert result.returncode == 0, result.stderr


def test_its_commands_make_and_rotate_a_key_file(tmp_path: Path) -> None:
    folder = str(tmp_path)
    for command in commands():
        if command[0] == "keys" and any("/etc/kap" in word for word in command):
            result = kap(*(word.replace("/etc/kap", folder) for word in command))
            assert result.returncode == 0, result.stderr
    assert load_keyring(tmp_path / "keyring.json").active == "k2"


@pytest.mark.parametrize("profile", sorted(tomllib.loads(EXAMPLE.read_text())["profile"]))
def test_the_example_of_temporals_file_is_read_by_temporals_own_reader(profile: str) -> None:
    loaded = ClientConfigProfile.load(config_source=EXAMPLE, profile=profile, disable_env=True, config_file_strict=True)
    assert loaded.address
    assert loaded.namespace
    assert (loaded.tls is not None) == (profile != "default")
