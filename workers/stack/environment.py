"""The environments of the children: what they are told, and what of the user's own must not reach them."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import workers
from workers.stack.options import Addresses, StackOptions

_FOREIGN = ("KAP_", "TEMPORAL_", "PG", "DATABASE_URL")
"""Prefixes of variables that could lead a local child to somebody's production."""

_PASSED_ON = ("KAP_LOG_LEVEL", "KAP_LOG_JSON", "KAP_SMTP_SENDER", "KAP_PORTAL_URL", "KAP_PROTOCOL")
"""Variables of ours that say nothing of places and secrets."""


def outside_environment() -> dict[str, str]:
    """The environment of programs that are not ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def python_environment() -> dict[str, str]:
    """The environment of our own modules run with ``python -m``, wherever the user stands."""
    environment = outside_environment() | {"PYTHONUNBUFFERED": "1"}
    root = Path(workers.__file__).parents[1]
    if root != Path(sysconfig.get_path("purelib")):  # run from a checkout: it need not be installed
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    return environment


def service_environment(options: StackOptions, addresses: Addresses) -> dict[str, str]:
    """What codec server and workers are told: the settings of this stack, and Temporal's standard variables."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    values = {
        **settings_values(options, addresses),
        "state_dir": str(addresses.state_dir),
        "metrics_address": addresses.metrics_address,
    }
    ours = {f"KAP_{name.upper()}": _as_variable(value) for name, value in values.items()}
    temporal = {
        "TEMPORAL_ADDRESS": addresses.temporal_address,
        "TEMPORAL_NAMESPACE": addresses.namespace,
        # Named, so that the user's own file, perhaps with the credentials of a real cluster, is not read.
        "TEMPORAL_CONFIG_FILE": str(addresses.temporal_file),
    }
    return python_environment() | passed_on | ours | temporal


def settings_values(options: StackOptions, addresses: Addresses) -> dict[str, str | int | bool]:
    """The values of :class:`workers.settings.Settings` that hold for every process of this stack."""
    values: dict[str, str | int | bool] = {
        "database_url": addresses.database_url,
        "keyring": str(addresses.keyring),
        "staff_snapshot": str(addresses.state_dir / "staff.sealed"),
        "smtp_host": addresses.smtp_host,
        "smtp_port": addresses.smtp_port,
        "provider_url": addresses.provider_url,
        "allow_simulation": options.allow_simulation,
        "allow_unsigned_protocol": options.allow_unsigned_protocol,
        **options.settings,
    }
    if options.doors:
        values |= {"provider_secret": addresses.provider_secret, "link_url": addresses.link_url}
    if options.protocol is not None:
        path = Path(options.protocol)
        values["protocol"] = str(path.resolve()) if path.is_file() else options.protocol
    return values


def _as_variable(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
