"""Serving the portal of links until it is stopped."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from activities.records.links import Links
from clients.client import KapClient
from clients.portal.app import Portal
from clients.portal.links import Desk
from workers.observability import configure_logging, runtime
from workers.serving import serve
from workers.settings import Settings


async def desk_of(client: KapClient) -> Desk:
    """The desk of the installation that a client is connected to.

    Raises:
        Refused: No database is named, or what is named is no address of one.
    """
    return Desk(client, Links(await client.connected()))


async def serve_portal(settings: Settings, *, host: str, port: int) -> None:
    """Answer until cancelled or interrupted.

    Raises:
        Refused: Temporal does not answer, or a setting is missing.
    """
    async with await KapClient.connect(settings, runtime=runtime(settings)) as client:
        await serve(Portal(client, await desk_of(client)).app(), host=host, port=port)


def run_portal(settings: Settings, *, host: str, port: int) -> None:
    """Answer until Ctrl-C."""
    configure_logging(settings)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_portal(settings, host=host, port=port))
