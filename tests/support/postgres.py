"""A real PostgreSQL for tests: one server a session, a fresh migrated database a test, and outages on demand.

A test module asks for it with ``pytest_plugins = ["tests.support.postgres"]``.
"""

import asyncio
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from activities.database import Pool, open_pool
from tests.support.eventually import eventually
from workers.bootstrap import migrate
from workers.stack.postgres import DATABASE, Postgres
from workers.stack.process import leashed

MIGRATIONS = Path(__file__).parents[2] / "deploy" / "migrations"
TEMPLATE = "kap_template"


class PostgresServer:
    """The session's server. Its log is beside its data, so that tests can search it."""

    def __init__(self, folder: Path) -> None:
        self._postgres = Postgres(folder, ephemeral_speed=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self.log = folder / "postgres.log"

    def url(self, database: str) -> str:
        return self._postgres.url().replace(f"@/{DATABASE}?", f"@/{database}?")

    async def start(self) -> None:
        """Start, and wait until it answers. Call it from the main thread: the leash is tied to the calling one."""
        child = self._postgres.child()
        if child.before is not None:
            await child.before()
        with self.log.open("ab") as log:
            command = leashed(child.argv, child.orphan_signal)
            self._process = subprocess.Popen(  # noqa: ASYNC220  it outlives the loop of any one test
                command, env=dict(child.env), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

        async def answers() -> bool:
            try:
                return await child.ready()
            except (asyncpg.PostgresError, TimeoutError) as error:
                raise AssertionError(str(error)) from error

        check: Callable[[], bool | Awaitable[bool]] = answers
        await eventually(check, timeout=30)

    async def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT closes every connection, SIGQUIT is a crash."""
        process = self._process
        assert process is not None
        process.send_signal(how)
        await eventually(lambda: process.poll() is not None, timeout=30)

    @asynccontextmanager
    async def outage(self, how: signal.Signals = signal.SIGINT) -> AsyncIterator[None]:
        """Away inside the block, back afterwards, also where the test fails."""
        await self.stop(how)
        try:
            yield
        finally:
            await self.start()

    async def create_database(self) -> str:
        """A new database with the newest schema; returns its URL."""
        name = f"kap_{next(self._numbers)}"
        await self._command(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.url(name)

    async def make_template(self) -> None:
        await migrate(self.url(TEMPLATE), MIGRATIONS, report=lambda _: None, patience=timedelta(seconds=30))

    def clean_up(self) -> None:
        self._postgres.clean_up()

    async def _command(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"), timeout=10)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The server, running."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    # A loop factory keeps the runner from touching the current loop, which belongs to pytest-asyncio.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(server.start())
        try:
            runner.run(server.make_template())
            yield server
        finally:
            runner.run(server.stop())
            server.clean_up()


@pytest.fixture
async def database_url(postgres: PostgresServer) -> str:
    """A fresh migrated database. It goes with the server: dropping it would cost more than it holds."""
    return await postgres.create_database()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool to a fresh migrated database."""
    opened = await open_pool(database_url)
    try:
        yield opened
    finally:
        opened.terminate()
