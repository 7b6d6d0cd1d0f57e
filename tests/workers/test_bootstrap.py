"""Bootstrap against a real Temporal server and a real PostgreSQL: everything is there, however often it runs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from schemas.search import ATTENTION, PHASE, SESSIONS
from tests.support.dev_server import address_of, dev_server
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.tally import Start, Tally
from workers.bootstrap import BootstrapFailed, bootstrap, migrate
from workers.plugin import ServerUnreachable, connect
from workers.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATIENCE = timedelta(seconds=30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Client]:
    async with dev_server(None) as client:
        yield client


@pytest.fixture
def namespace(server: Client, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings lead to a namespace of this name, which does not exist yet."""
    name: str = request.node.name.replace("_", "-")
    monkeypatch.setenv("TEMPORAL_ADDRESS", address_of(server))
    monkeypatch.setenv("TEMPORAL_NAMESPACE", name)
    return name


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "20260101000001_visits.sql").write_text(
        "-- migrate:up\ncreate table visits (id int);\n\n-- migrate:down\ndrop table visits;\n"
    )
    return tmp_path


async def test_whole_installation_twice(
    server: Client, postgres: PostgresServer, namespace: str, migrations: Path
) -> None:
    settings = Settings(database_url=postgres.url("twice"))
    first: list[str] = []
    await bootstrap(settings, report=first.append, migrations=migrations, retention=timedelta(days=3))
    described = await server.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    assert described.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=3)
    assert any("20260101000001_visits" in line for line in first)

    client = await connect(settings)
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(SearchAttributeKey.for_keyword(PHASE), "screening"),
            SearchAttributePair(SearchAttributeKey.for_int(SESSIONS), 2),
        ]
    )
    await client.start_workflow(Tally.run, Start(name="a"), id="one", task_queue="none", search_attributes=attributes)
    await eventually(lambda: counted(client, f"{PHASE} = 'screening' AND {SESSIONS} > 1"))

    second: list[str] = []
    await bootstrap(settings, report=second.append, migrations=migrations)
    assert not any("created" in line or "Applied" in line for line in second)


async def counted(client: Client, query: str) -> bool:
    return (await client.count_workflows(query)).count == 1


async def test_several_at_once(postgres: PostgresServer, namespace: str, migrations: Path) -> None:
    settings = Settings(database_url=postgres.url("at_once"))
    await asyncio.gather(
        *(bootstrap(settings, report=lambda _: None, migrations=migrations) for _ in range(3)),
    )
    connection = await asyncpg.connect(postgres.url("at_once"))
    try:
        assert await connection.fetchval("select count(*) from schema_migrations") == 1
    finally:
        await connection.close()


async def test_packaged_migrations_are_applied(postgres: PostgresServer, namespace: str) -> None:
    reports: list[str] = []
    await bootstrap(Settings(database_url=postgres.url("packaged")), report=reports.append)
    assert any(line.startswith("Applied:") for line in reports)


async def test_attribute_of_another_type_is_named(server: Client, namespace: str) -> None:
    await register(server, namespace)
    await server.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=namespace,
            search_attributes={ATTENTION: IndexedValueType.INDEXED_VALUE_TYPE_BOOL},
        )
    )
    await eventually(lambda: listed(server, namespace, ATTENTION))
    with pytest.raises(BootstrapFailed, match=ATTENTION):
        await bootstrap(Settings(), report=lambda _: None, patience=timedelta(seconds=10))


async def register(server: Client, name: str) -> None:
    request = RegisterNamespaceRequest(namespace=name)
    request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
    await server.workflow_service.register_namespace(request)
    await eventually(lambda: listed(server, name, None))


async def listed(server: Client, name: str, attribute: str | None) -> bool:
    try:
        known = await server.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace=name))
    except RPCError:
        return False
    return attribute is None or attribute in known.custom_attributes


async def test_broken_migration_is_reported(postgres: PostgresServer, migrations: Path) -> None:
    (migrations / "20260101000002_broken.sql").write_text("-- migrate:up\ncreate tabel;\n-- migrate:down\n")
    with pytest.raises(BootstrapFailed, match="syntax error"):
        await migrate(postgres.url("broken"), migrations, report=lambda _: None, patience=PATIENCE)


async def test_absent_database_is_reported_without_its_password(migrations: Path) -> None:
    with pytest.raises(BootstrapFailed) as failed:
        await migrate(
            "postgres://kap:s3cret@127.0.0.1:1/kap?sslmode=disable",
            migrations,
            report=lambda _: None,
            patience=timedelta(seconds=1),
        )
    assert "s3cret" not in str(failed.value)


async def test_absent_server_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    with pytest.raises(ServerUnreachable):
        await bootstrap(Settings(), report=lambda _: None, patience=timedelta(seconds=1))
