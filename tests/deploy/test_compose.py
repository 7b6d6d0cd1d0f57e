"""The compose file against what it starts: our commands and settings, Temporal's variables, the files it mounts.

No container engine takes part, so what is checked is that nothing in it is misspelt or out of date.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.envconfig import ClientConfigProfile

from tests.deploy.support import kap
from workers.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
VARIABLE = re.compile(r"\$\{(\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")

SERVER_VARIABLES = {
    "BIND_ON_IP",
    "DB",
    "DB_PORT",
    "DYNAMIC_CONFIG_FILE_PATH",
    "NUM_HISTORY_SHARDS",
    "POSTGRES_PWD",
    "POSTGRES_SEEDS",
    "POSTGRES_USER",
    "PROMETHEUS_ENDPOINT",
}
"""Those of the configuration template in Temporal's server 1.32 that we use."""

SCHEMA_VARIABLES = {"SQL_HOST", "SQL_PASSWORD", "SQL_PLUGIN", "SQL_PORT", "SQL_USER"}
"""Those of temporal-sql-tool."""

UI_VARIABLES = {
    "TEMPORAL_ADDRESS",
    "TEMPORAL_CODEC_ENDPOINT",
    "TEMPORAL_CORS_ORIGINS",
    "TEMPORAL_DEFAULT_NAMESPACE",
    "TEMPORAL_NOTIFY_ON_NEW_VERSION",
}
"""Those of the configuration template in Temporal's UI 2.54."""


def example_values() -> dict[str, str]:
    """What ``.env.example`` sets, blank values filled in as its reader is asked to."""
    pairs = re.findall(r"^([A-Z]\w*)=(.*)$", (DEPLOY / ".env.example").read_text(), re.MULTILINE)
    return {name: value or f"some{name.lower().replace('_', '')}" for name, value in pairs}


def offered_names() -> set[str]:
    """Every variable that ``.env.example`` speaks of, commented out or not."""
    return set(re.findall(r"^#?([A-Z]\w*)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))


def filled_in(text: str) -> str:
    """``text`` as compose reads it with the example's values."""
    values = example_values()

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        assert match["kind"] == "-", f"{name} has neither a default nor a value in .env.example"
        return match["rest"]

    return VARIABLE.sub(value, text)


COMPOSE: dict[str, Any] = yaml.safe_load(filled_in((DEPLOY / "compose.yaml").read_text()))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("kap-pathways:")]


def environment(service: str) -> dict[str, str]:
    """The variables of a service; those without a value as the example has them, or left out."""
    values: dict[str, str | None] = SERVICES[service].get("environment", {})
    filled = {name: example_values().get(name) if value is None else value for name, value in values.items()}
    return {name: value for name, value in filled.items() if value is not None}


def bind_mounts() -> Iterator[tuple[str, str]]:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source not in COMPOSE["volumes"]:
                yield name, source


def test_all_pieces_are_there() -> None:
    assert set(SERVICES) == {
        *("postgres", "temporal-schema", "temporal", "temporal-ui"),
        *("bootstrap", "workers", "workers-previous", "codec", "callbacks", "portal", "kap"),
    }
    assert set(OURS) == {"bootstrap", "workers", "workers-previous", "codec", "callbacks", "portal", "kap"}
    assert SERVICES["workers"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("service", OURS)
def test_our_services_run_commands_that_exist_with_options_that_exist(service: str) -> None:
    # An unknown command or option is refused before --help is answered.
    result = kap(*SERVICES[service]["command"], "--help")
    assert result.returncode == 0, result.stderr


def test_the_check_of_commands_can_fail() -> None:
    assert kap("no-such-command", "--help").returncode != 0
    assert kap("worker", "--no-such-option", "--help").returncode != 0


@pytest.mark.parametrize("service", OURS)
def test_our_services_are_told_only_what_they_know(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = environment(service)
    declared = {name for name in SERVICES[service]["environment"] if name.startswith("KAP_")}
    assert declared <= {f"KAP_{field.upper()}" for field in Settings.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert str(Settings().keyring) == "/etc/kap/keyring.json"
    others = {name: value for name, value in given.items() if not name.startswith("KAP_")}
    profile = ClientConfigProfile.load(override_env_vars=others, disable_file=True)
    assert {"TEMPORAL_ADDRESS": profile.address, "TEMPORAL_NAMESPACE": profile.namespace} == (
        {"TEMPORAL_ADDRESS": None, "TEMPORAL_NAMESPACE": None} | others
    )


@pytest.mark.parametrize(
    ("service", "known"),
    [("temporal", SERVER_VARIABLES), ("temporal-schema", SCHEMA_VARIABLES), ("temporal-ui", UI_VARIABLES)],
)
def test_temporals_services_are_told_only_what_they_know(service: str, known: set[str]) -> None:
    assert set(SERVICES[service]["environment"]) <= known


def test_temporals_server_and_schema_are_of_one_version() -> None:
    assert SERVICES["temporal"]["image"].split(":")[1] == SERVICES["temporal-schema"]["image"].split(":")[1]
    assert "auto-setup" not in (DEPLOY / "compose.yaml").read_text()


def test_every_variable_is_offered_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    used = {match[1] for match in VARIABLE.finditer(text)}
    passed = {name for service in OURS for name, value in SERVICES[service]["environment"].items() if value is None}
    assert used | passed == offered_names()


def test_nothing_is_published_beyond_this_machine() -> None:
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        if service.get("network_mode") == "host":
            # Listening on loopback is what the codec server does unless it is told another address.
            assert not any("--host" in word for word in service["command"]), name


def test_services_wait_for_what_they_need() -> None:
    for name, service in SERVICES.items():
        for needed, how in service.get("depends_on", {}).items():
            one_shot = SERVICES[needed]["restart"].startswith("on-failure")
            wanted = "service_completed_successfully" if one_shot else "service_healthy"
            assert how["condition"] == wanted, f"{name} waits for {needed}"
            assert one_shot or "healthcheck" in SERVICES[needed], f"{needed} cannot be seen to be healthy"
        if service["restart"] == "unless-stopped":
            assert "healthcheck" in service or name == "temporal-ui"


def test_health_checks_in_python_are_python() -> None:
    for service in SERVICES.values():
        test = service.get("healthcheck", {}).get("test", [])
        if "python" in test:
            compile(test[-1], "healthcheck", "exec")


@pytest.mark.parametrize(("service", "source"), list(bind_mounts()))
def test_mounted_files_exist(service: str, source: str) -> None:
    if source == "./secrets":  # the operator's own
        assert "secrets/" in (DEPLOY / ".gitignore").read_text().splitlines()
    else:
        assert (DEPLOY / source).is_file(), service


def test_shell_scripts_are_well_formed() -> None:
    for script in sorted((DEPLOY / "compose").glob("*.sh")):
        subprocess.run(["sh", "-n", script], check=True)


def test_dynamic_configuration_is_in_temporals_form() -> None:
    settings = yaml.safe_load((DEPLOY / "compose" / "temporal-dynamic.yaml").read_text())
    for values in settings.values():
        assert all(set(value) <= {"value", "constraints"} for value in values)
