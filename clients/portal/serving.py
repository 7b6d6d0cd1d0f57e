"""Serving the portal of links until it is stopped."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import uvicorn

from activities.cipher import Cipher
from activities.records.links import Links
from clients.client import KapClient
from clients.portal.app import Portal
from clients.portal.links import Desk
from clients.read_model import keyring_of
from workers.settings import Settings


async def desk_of(client: KapClient, settings: Settings) -> Desk:
    """The desk of an installation.

    Raises:
        Refused: No database or key file is named, or it cannot be used.
    """
    return Desk(client, Links(await client.connected()), Cipher(keyring_of(settings)))


async def serve_portal(settings: Settings, *, host: str, port: int) -> None:
    """Answer until cancelled or interrupted.

    Raises:
        Refused: Temporal does not answer, or a setting is missing.
    """
    async with await KapClient.connect(settings) as client:
        app = Portal(client, await desk_of(client, settings)).app()
        # Its access log would keep the links themselves.
        config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False)
        await uvicorn.Server(config).serve()


def run_portal(settings: Settings, *, host: str, port: int) -> None:
    """Answer until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_portal(settings, host=host, port=port))
