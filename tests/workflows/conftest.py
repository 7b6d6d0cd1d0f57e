"""One movable server a module, one engine a test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.engine import Engine, Server, movable_server, running_engine
from tests.support.postgres import PostgresServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server in memory whose workflows' clocks can be moved."""
    async with movable_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine(server: Server, postgres: PostgresServer) -> AsyncIterator[Engine]:
    """Workers, a fresh database and a mail server."""
    async with running_engine(server, postgres) as running:
        yield running
