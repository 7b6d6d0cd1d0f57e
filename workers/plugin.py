"""The plumbing: one plugin for clients, workers, replayers and test environments, so that they cannot differ."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from temporalio.client import Client, ClientConfig
from temporalio.common import HeaderCodecBehavior
from temporalio.plugin import SimplePlugin
from temporalio.runtime import Runtime
from temporalio.worker import ReplayerConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.cipher import Cipher
from activities.keyring import Keyring, load_keyring
from workers.admission import AdmittingRunner, UnknownVerbs
from workers.codec import EncryptionCodec
from workers.converter import care_data_converter
from workers.settings import Settings, temporal_profile

PASSED_THROUGH: Final = (
    "schemas",
    "workflows",
    "activities",
    "workers",
    "structlog",
    "typing_inspection",
    "tzdata",
    "yaml",
)
"""Modules that the workflow sandbox takes from outside instead of importing them anew for each run.

A class that is imported anew is another class: models no longer compare equal, and 80 of them cost 95 ms for each run.
The SDK passes the standard library and pydantic by itself. What is listed must do nothing on import and keep no state
that workflows could share. The price: in a module taken from outside the sandbox does not catch ``datetime.now()`` and
its like, so static checks and replay tests have to.
"""


class ServerUnreachable(Exception):
    """No Temporal server answered in time; the message says where it was looked for and what to do."""


class Plumbing(SimplePlugin):
    """Converter, codec, sandbox and admission; see :func:`plumbing`."""

    def __init__(self, keyring: Keyring | None, *, passed_through: tuple[str, ...] = ()) -> None:
        codec = EncryptionCodec(Cipher(keyring)) if keyring else None
        super().__init__(
            "kap-plumbing",
            data_converter=care_data_converter(codec),
            interceptors=[UnknownVerbs()],
            workflow_runner=sandbox(*passed_through),
            # No failure types on purpose. A bug in a workflow fails its task, which a corrected release takes up again;
            # were it to fail the workflow, a patient's pathway would be gone.
            workflow_failure_exception_types=[],
        )
        self._headers = HeaderCodecBehavior.CODEC if codec else HeaderCodecBehavior.NO_CODEC

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        """Besides what the base class does, encrypt headers."""
        config["header_codec_behavior"] = self._headers
        return super().configure_client(config)

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Besides what the base class does, decrypt headers."""
        config["header_codec_behavior"] = self._headers
        return super().configure_replayer(config)


def plumbing(keyring: Keyring | None, *, passed_through: tuple[str, ...] = ()) -> Plumbing:
    """The plugin to connect, work, replay and test with.

    Give it to the client only: workers made from that client inherit it. A replayer takes it by itself.

    Args:
        keyring: Keys of the payload codec; without one, payloads are stored in clear.
        passed_through: Further modules for the sandbox to take from outside, such as a test's own.
    """
    return Plumbing(keyring, passed_through=passed_through)


def sandbox(*passed_through: str) -> WorkflowRunner:
    """Sandbox that passes :data:`PASSED_THROUGH` and the given modules through, with admission inside."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH, *passed_through)
    return SandboxedWorkflowRunner(restrictions=restrictions, runner_class=AdmittingRunner)


async def connect(
    settings: Settings,
    *,
    runtime: Runtime | None = None,
    timeout: timedelta = timedelta(seconds=10),  # noqa: ASYNC109 - bounds a call into the SDK's core
) -> Client:
    """A client with the plumbing, for the server that the settings lead to.

    Args:
        settings: Where keys and server are; see :func:`~workers.settings.temporal_profile`.
        runtime: The SDK's runtime, where metrics are wanted (:func:`workers.observability.runtime`).
        timeout: How long to wait for the server.

    Raises:
        ServerUnreachable: It did not answer in time.
        KeyringError: The settings name a key file that cannot be used.
    """
    keyring = load_keyring(settings.keyring) if settings.keyring else None
    options = temporal_profile(settings).to_client_connect_config()
    options.setdefault("target_host", "localhost:7233")
    try:
        connecting = Client.connect(**options, plugins=[plumbing(keyring)], runtime=runtime)
        return await asyncio.wait_for(connecting, timeout.total_seconds())
    except (RuntimeError, TimeoutError) as error:
        raise ServerUnreachable(
            f"No Temporal server answers at {options['target_host']}. Start the local stack with: kap up. "
            "Or name another server by TEMPORAL_ADDRESS or TEMPORAL_CONFIG_FILE."
        ) from error
