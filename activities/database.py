"""The way to PostgreSQL: a pool that outlives outages, and errors that name no data.

An error of the driver quotes keys and values of rows. Such texts must not reach a log or Temporal's store, so every use
of the pool stands inside :func:`database_errors`, which keeps the five-letter SQLSTATE and drops the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import asyncpg
from temporalio.exceptions import ApplicationError

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
"""A pool as :func:`open_pool` makes it."""

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A connection lent by the pool."""

MAX_CONNECTIONS: Final = 8
"""Per process; with many workers, multiply before comparing with the server's ``max_connections``."""

CONNECT_SECONDS: Final = 5.0
COMMAND_SECONDS: Final = 10.0

DATABASE_UNAVAILABLE: Final = "database_unavailable"
DATABASE_REFUSED: Final = "database_refused"

_AWAY: Final = ("08", "40", "53", "57", "58")
"""SQLSTATE classes that pass: connection, deadlock, resources, operator's intervention, system error."""


class DatabaseUnavailable(ApplicationError):
    """PostgreSQL does not answer now. Retried by Temporal; a reader may tell its user to try again."""

    def __init__(self, sqlstate: str | None = None) -> None:
        super().__init__("PostgreSQL does not answer.", {"sqlstate": sqlstate}, type=DATABASE_UNAVAILABLE)


class DatabaseRefused(ApplicationError):
    """PostgreSQL answers, but refuses: wrong password, missing schema, a defect of ours.

    Retried all the same, for somebody may repair it and nothing may be lost meanwhile.
    """

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__(
            f"PostgreSQL refused (SQLSTATE {sqlstate or 'none'}).", {"sqlstate": sqlstate}, type=DATABASE_REFUSED
        )


async def open_pool(dsn: str) -> Pool:
    """A pool that connects on first use, so a worker starts while PostgreSQL is down and recovers when it is back.

    Args:
        dsn: Such as ``postgresql://user:password@host:5432/kap`` or, for a Unix socket,
            ``postgresql://user@/kap?host=/run/postgresql``.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=MAX_CONNECTIONS,
        timeout=CONNECT_SECONDS,
        command_timeout=COMMAND_SECONDS,
        reset=_leave_as_it_is,
    )


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn whatever the driver raises into one of two errors that quote nothing.

    Raises:
        DatabaseUnavailable: No connection, no answer in time, or the server is going down or short of resources.
        DatabaseRefused: The server answered with any other error.
    """
    try:
        yield
    except asyncpg.PostgresError as error:
        sqlstate: Any = error.sqlstate
        if str(sqlstate)[:2] in _AWAY:
            raise DatabaseUnavailable(sqlstate) from None
        raise DatabaseRefused(sqlstate) from None
    except ValueError:  # a value or address that the driver does not take
        raise DatabaseRefused(None) from None
    except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        raise DatabaseUnavailable from None


async def _leave_as_it_is(_: object) -> None:
    """Spare the driver's clean-up after each use, a second round trip: nothing here changes a session's state."""
