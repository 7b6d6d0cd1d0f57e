"""PostgreSQL goes away and comes back: one kind of error meanwhile, and the same pool afterwards."""

import signal
import time

import pytest
from temporalio.exceptions import ApplicationError

from activities.cipher import Cipher
from activities.database import DatabaseRefused, DatabaseUnavailable, Pool, database_errors, open_pool
from activities.keyring import Keyring
from activities.records.journal import Journal, read_journal
from activities.records.people import People
from tests.support.journal import batch, chain, opened
from tests.support.postgres import PostgresServer

pytest_plugins = ["tests.support.postgres"]

EVENTS = chain([opened(1), opened(2), opened(3)])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_the_journal_is_caught_up_after_an_outage(
    postgres: PostgresServer, pool: Pool, how: signal.Signals
) -> None:
    cipher = Cipher(Keyring.in_memory())
    journal = Journal(pool, cipher)
    await journal.write_journal(batch(EVENTS, 1, 1))
    async with postgres.outage(how):
        for _ in range(3):
            started = time.monotonic()
            with pytest.raises(DatabaseUnavailable) as caught:
                await journal.write_journal(batch(EVENTS, 2, 3))
            assert time.monotonic() - started < 2, "care must not wait for it"
            assert (caught.value.type, caught.value.non_retryable) == ("database_unavailable", False)
        with pytest.raises(DatabaseUnavailable):
            await People(pool, cipher).get("staff-robin")
    await journal.write_journal(batch(EVENTS, 2, 3))
    assert await read_journal(pool, cipher, "p-1") == EVENTS


async def test_a_worker_starts_while_postgresql_is_down(postgres: PostgresServer, database_url: str) -> None:
    cipher = Cipher(Keyring.in_memory())
    async with postgres.outage():
        pool = await open_pool(database_url)
        with pytest.raises(DatabaseUnavailable):
            await read_journal(pool, cipher, "p-1")
    try:
        assert await read_journal(pool, cipher, "p-1") == []
    finally:
        pool.terminate()


async def test_a_database_without_schema_refuses(postgres: PostgresServer) -> None:
    pool = await open_pool(postgres.url("template1"))
    try:
        with pytest.raises(DatabaseRefused, match="42883") as caught:
            await Journal(pool, Cipher(Keyring.in_memory())).write_journal(batch(EVENTS))
        assert not caught.value.non_retryable, "somebody may create it; nothing is lost meanwhile"
    finally:
        pool.terminate()


async def test_an_address_that_is_none_refuses_without_its_password() -> None:
    pool = await open_pool("postgresql://kap:secret@localhost:notaport/kap")
    with pytest.raises(DatabaseRefused) as caught, database_errors():
        await pool.fetchval("SELECT 1")
    assert "secret" not in repr((caught.value, caught.value.details))


@pytest.mark.parametrize(
    ("statement", "arguments"),
    [
        ("SELECT $1::int", ["Wren Fable"]),
        ("INSERT INTO people (id, role, zone, key_id, sealed) VALUES ($1, 'patient', 'UTC', NULL, '')", ["Wren Fable"]),
        ("SELECT ($1::text)::int", ["Wren Fable"]),
    ],
)
async def test_an_error_quotes_no_data(pool: Pool, statement: str, arguments: list[str]) -> None:
    with pytest.raises(ApplicationError) as caught, database_errors():
        await pool.execute(statement, *arguments)
    error = caught.value
    assert isinstance(error, DatabaseRefused)
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "Fable" not in repr((error, error.details))
