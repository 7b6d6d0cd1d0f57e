"""A whole installation that is thrown away, on which scenarios are played one after another."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from activities.keyring import load_keyring
from clients.client import KapClient
from clients.errors import refused
from clients.scenarios.post import PostOffice, post_office
from workers.plugin import plumbing
from workers.stack import Stack, StackEvent, StackFailed, StackOptions

PATIENCE: Final = 60.0
"""Seconds that anything on the server may take."""


class Installation:
    """Its parts, as whoever plays on it needs them."""

    def __init__(self, stack: Stack, client: KapClient, skipper: TimeSkipper, office: PostOffice) -> None:
        self.stack = stack
        self.client = client
        self.skipper = skipper
        self.office = office


@asynccontextmanager
async def installation(on_event: Callable[[StackEvent], object] | None = None) -> AsyncIterator[Installation]:
    """An installation of its own, as long as the context lasts.

    Raises:
        Refused: It cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="kap-scenario-", ignore_cleanup_errors=True) as folder:
        async with post_office() as office:
            options = StackOptions(
                Path(folder),
                ephemeral_speed=True,
                time_skipping=True,
                allow_simulation=True,
                handle_signals=False,
                settings={"smtp_port": office.port, "log_level": "ERROR"},
            )
            try:
                async with Stack(options, on_event) as stack:
                    yield await _connected(stack, office)
            except StackFailed as failed:
                raise refused("stack_failed", str(failed)) from failed


async def _connected(stack: Stack, office: PostOffice) -> Installation:
    addresses = stack.addresses
    keyring = load_keyring(addresses.keyring)
    client = await Client.connect(
        addresses.temporal_address,
        namespace=addresses.namespace,
        plugins=[plumbing(keyring)],
        runtime=Runtime(telemetry=TelemetryConfig(logging=None)),
    )
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False, max_session_skip_count=10_000))
    kap = KapClient(skipper.client, keyring, database_url=addresses.database_url, timeout=PATIENCE)
    return Installation(stack, kap, skipper, office)
