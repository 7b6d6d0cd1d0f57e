"""A worker is killed in the middle of a session: nothing is lost and nothing is doubled."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from activities.records.journal import verify_chain
from clients.errors import Refused
from schemas.actors import Role
from schemas.commands import CaptureInsight, Command, RecordAdministration, RecordVitals
from tests.support.care import CALM, arrived, discharged, enrolled, integrated, prepared
from tests.support.dev_server import address_of
from tests.support.engine import Engine, Server, movable_server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).parents[2]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with movable_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine(server: Server, postgres: PostgresServer) -> AsyncIterator[Engine]:
    async with running_engine(server, postgres, workers=False) as running:
        yield running


class WorkerProcess:
    """All workers in one process of their own."""

    def __init__(self, engine: Engine) -> None:
        settings = engine.settings
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TEMPORAL_ADDRESS": address_of(engine.client.temporal),
            "KAP_DATABASE_URL": str(settings.database_url),
            "KAP_KEYRING": str(settings.keyring),
            "KAP_SMTP_PORT": str(settings.smtp_port),
            "KAP_ALLOW_UNSIGNED_PROTOCOL": "true",
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.main", env=self.environment, stderr=asyncio.subprocess.DEVNULL
        )

    async def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), 20)


async def sent_until_answered(engine: Engine, pathway_id: str, command: Command) -> None:
    """What a careful caller does: the same command again until there is an answer."""

    async def answered() -> bool:
        try:
            await engine.client.do(pathway_id, command)
        except Refused as refused:
            if refused.refusal.code not in {"timeout", "workers_unreachable", "too_many_requests"}:
                raise
            raise AssertionError(refused.refusal.code) from refused
        return True

    await eventually(answered, timeout=60)


@pytest.mark.slow
async def test_kill_9_in_mid_session_loses_and_doubles_nothing(engine: Engine) -> None:
    worker = WorkerProcess(engine)
    await worker.start()
    try:
        hand = await engine.refer()
        await enrolled(hand)
        await prepared(hand)
        await arrived(hand)
        commands = [
            hand.command(RecordVitals, Role.NURSE, vitals=CALM),
            hand.command(RecordAdministration, Role.NURSE),
            *(hand.command(CaptureInsight, Role.THERAPIST, insight=f"Insight {number}.") for number in range(6)),
        ]
        for number, command in enumerate(commands):
            answer = asyncio.create_task(sent_until_answered(engine, hand.id, command))
            if number % 2:
                await asyncio.sleep(0)
                await worker.end(signal.SIGKILL)
                await worker.start()
            await answer
        await discharged(hand)
        await integrated(hand)
        events = await hand.journal()
        assert verify_chain(events) is None
        assert events[-1].seq == (await hand.status()).version
        facts = Counter((event.command_id, event.fact.type) for event in events if event.command_id)
        wanted = {command.command_id for command in commands}
        assert wanted <= {command_id for command_id, _ in facts}
        once = [count for (_, kind), count in facts.items() if not kind.startswith(("work_", "message_", "lab_"))]
        assert set(once) == {1}
        assert (await hand.status()).sessions_given == 1
        assert await hand.failed_tasks() == 0
    finally:
        await worker.end(signal.SIGTERM)
