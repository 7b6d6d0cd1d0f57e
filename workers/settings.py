"""Settings of workers and clients: environment first, then the local stack's folder.

Temporal's own address and credentials are not here: they follow Temporal's standard environment variables and
``temporal.toml`` (see :func:`temporal_profile`), so that one set of habits serves every Temporal tool.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from temporalio.envconfig import ClientConfigProfile

DEFAULT_STATE_DIR = Path(".kap")
"""Where ``kap up`` keeps a local stack, and where the other commands look for one."""

STACK_FILE = "stack.json"
"""Written by the local stack when it is ready: the values of :class:`Settings` that reach it."""

TEMPORAL_FILE = "temporal.toml"
"""Written by the local stack beside :data:`STACK_FILE`, in Temporal's own format."""


class Settings(BaseSettings):
    """What a process needs to know besides Temporal's address. Environment variables carry the prefix ``KAP_``."""

    model_config = SettingsConfigDict(env_prefix="KAP_", extra="ignore", frozen=True)

    state_dir: Path | None = Field(default=None, description="Folder of a local stack, where one is used.")
    database_url: str | None = Field(default=None, description="PostgreSQL DSN of journal and read model.")
    keyring: Path | None = Field(default=None, description="Key file of the payload codec (JSON, mode 0600).")
    staff_snapshot: Path | None = Field(
        default=None, description="File for the sealed staff directory that pages use while PostgreSQL is away."
    )
    protocol: str = Field(default="kap-default", description="Name of a packaged protocol, or path of a YAML file.")
    allow_simulation: bool = Field(default=False, description="Admit pathways whose clock is not the real one.")
    allow_unsigned_protocol: bool = Field(
        default=False, description="Admit a protocol that no medical director has signed."
    )

    smtp_host: str = Field(default="127.0.0.1", description="SMTP server that sends our e-mail.")
    smtp_port: int = Field(default=25, description="Port of that server.")
    smtp_username: str | None = Field(default=None, description="User name, where the server wants one.")
    smtp_password: str | None = Field(default=None, description="Password, where the server wants one.")
    smtp_start_tls: bool = Field(default=False, description="Upgrade the SMTP connection with STARTTLS.")
    smtp_sender: str = Field(default="care-team@clinic.example", description="From address of our e-mail.")
    provider_url: str | None = Field(default=None, description="REST API that sends texts and push messages.")
    provider_token: str | None = Field(default=None, description="Bearer token of that API.")
    provider_secret: str | None = Field(default=None, description="Secret that its reports are signed with (whsec_…).")
    webhooks: Path | None = Field(default=None, description="File of the services that are told by webhook (YAML).")
    portal_url: str = Field(default="https://portal.clinic.example", description="Where links in messages lead.")

    link_url: str = Field(
        default="https://links.clinic.example",
        description="Where links without an account lead, and those that end what a patient gets to read: kap portal.",
    )

    deployment: str | None = Field(
        default=None, description="Worker deployment name (no dot); None runs workers unversioned."
    )
    build_id: str | None = Field(default=None, description="Worker build id within the deployment.")
    metrics_address: str | None = Field(default=None, description="host:port of the Prometheus endpoint, if any.")
    log_level: str = Field(default="INFO", description="Least level that is logged.")
    log_json: bool = Field(default=True, description="JSON lines for machines, or colour for people.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, then the local stack's folder if it exists."""
        del dotenv_settings, file_secret_settings
        arguments = init_settings()
        folder = Path(str(arguments.get("state_dir") or os.environ.get("KAP_STATE_DIR") or DEFAULT_STATE_DIR))
        return (init_settings, env_settings, InitSettingsSource(settings_cls, _stack_values(folder)))


def _stack_values(folder: Path) -> dict[str, Any]:
    """What the local stack in ``folder`` says of itself; nothing where there is none."""
    try:
        values = json.loads((folder / STACK_FILE).read_text())
    except FileNotFoundError:
        return {}
    return {"state_dir": folder, **values}


def temporal_profile(settings: Settings) -> ClientConfigProfile:
    """Temporal's address, namespace and credentials.

    The standard environment (``TEMPORAL_ADDRESS``, ``TEMPORAL_NAMESPACE``, ``TEMPORAL_CONFIG_FILE`` …) decides; where
    it names neither address nor file, the local stack's own ``temporal.toml`` does.
    """
    named = "TEMPORAL_ADDRESS" in os.environ or "TEMPORAL_CONFIG_FILE" in os.environ
    if not named and settings.state_dir is not None:
        local = settings.state_dir / TEMPORAL_FILE
        if local.exists():
            return ClientConfigProfile.load(config_source=local)
    return ClientConfigProfile.load()
