"""Everything a course runs on: Temporal server, PostgreSQL, mail server and workers, all real and thrown away."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.testing import TimeSkipper, TimeSkippingConfig, WorkflowEnvironment

from activities.cipher import Cipher
from activities.database import open_pool
from activities.keyring import Keyring, create_keyring, load_keyring
from activities.records.people import People
from schemas.protocol import Protocol
from schemas.search import SEARCH_ATTRIBUTES, SearchType
from tests.bench.course import CONTACTS
from tests.support.postgres import PostgresServer
from tests.support.smtp import HOST, running_mail_server
from workers.plugin import plumbing
from workers.stack.environment import python_environment

_DYNAMIC_CONFIG: Final[dict[str, str | int | bool]] = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "history.timerProcessorMaxTimeShift": "10ms",
    "history.timerProcessorMaxPollRPS": 5000,
    "history.transferProcessorMaxPollRPS": 5000,
}
_PATIENCE: Final = 60.0
"""Seconds to wait for a worker's answer."""


@dataclass
class Surroundings:
    """What a driver of courses needs to know."""

    client: Client
    skipper: TimeSkipper
    worker: asyncio.subprocess.Process

    async def worker_cpu(self) -> float:
        """CPU seconds the workers have used so far."""
        if self.worker.stdin is None or self.worker.stdout is None:
            raise RuntimeError("the worker has no pipes")
        self.worker.stdin.write(b"\n")
        async with asyncio.timeout(_PATIENCE):
            # The SDK's core writes its warnings there, too: of an activity that ended after its workflow, for one.
            while not (line := await self.worker.stdout.readline()).startswith(b"{") and line:
                pass
        return float(json.loads(line)["cpu_s"])

    def cpu_of(self, program: str) -> float | None:
        """CPU seconds that a program started from here has used so far; None where the system has no ``/proc``."""
        ours = {os.getpid()}
        total, found = 0.0, False
        # Parents come before their children nearly always, as their numbers do.
        for pid in sorted(int(entry.name) for entry in Path("/proc").glob("[0-9]*")):
            try:
                name, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue
            fields = rest.split()
            if int(fields[1]) in ours:
                ours.add(pid)
                if name == program:
                    found = True
                    total += sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
        return total if found else None


@asynccontextmanager
async def surroundings(folder: Path, protocol: Protocol) -> AsyncIterator[Surroundings]:
    """Start everything, with a schema, a care team in the directory and workers that enrol under ``protocol``."""
    keyring_file, protocol_file = folder / "keyring.json", folder / "protocol.yaml"
    create_keyring(keyring_file)
    keyring = load_keyring(keyring_file)
    protocol_file.write_text(protocol.model_dump_json())
    async with (
        _postgres(folder, keyring) as database_url,
        running_mail_server() as mail,
        await _temporal(keyring) as env,
    ):
        settings = {
            "KAP_STATE_DIR": str(folder),
            "KAP_DATABASE_URL": database_url,
            "KAP_KEYRING": str(keyring_file),
            "KAP_PROTOCOL": str(protocol_file),
            "KAP_ALLOW_SIMULATION": "true",
            "KAP_ALLOW_UNSIGNED_PROTOCOL": "true",
            "KAP_SMTP_HOST": HOST,
            "KAP_SMTP_PORT": str(mail.port),
            "TEMPORAL_ADDRESS": env.client.service_client.config.target_host,
        }
        async with _worker(settings) as worker:
            skipper = TimeSkipper(env.client, config=TimeSkippingConfig(enabled=False))
            yield Surroundings(client=env.client, skipper=skipper, worker=worker)


@asynccontextmanager
async def _postgres(folder: Path, keyring: Keyring) -> AsyncIterator[str]:
    home = folder / "postgres"
    home.mkdir()
    server = PostgresServer(home)
    await server.start()
    try:
        await server.make_template()
        database_url = await server.create_database()
        pool = await open_pool(database_url)
        people = People(pool, Cipher(keyring))
        for contact in CONTACTS:
            await people.put(contact)
        await pool.close()
        yield database_url
    finally:
        await server.stop()
        server.clean_up()


async def _temporal(keyring: Keyring) -> WorkflowEnvironment:
    keys: dict[SearchType, Callable[[str], SearchAttributeKey[Any]]] = {
        SearchType.KEYWORD: SearchAttributeKey.for_keyword,
        SearchType.INT: SearchAttributeKey.for_int,
    }
    return await WorkflowEnvironment.start_local(
        plugins=[plumbing(keyring)],
        search_attributes=[keys[kind](name) for name, kind in SEARCH_ATTRIBUTES.items()],
        dev_server_existing_path=shutil.which("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[
            part
            for name, value in _DYNAMIC_CONFIG.items()
            for part in ("--dynamic-config-value", f"{name}={json.dumps(value)}")
        ],
    )


@asynccontextmanager
async def _worker(settings: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.worker"),
        env=python_environment() | settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except TimeoutError:
            process.kill()
