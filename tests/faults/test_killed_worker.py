"""Workers are killed, the database is stopped: nothing is lost, nothing is doubled, and staff are paged meanwhile."""

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
from schemas.commands import (
    AcknowledgeEmergency,
    CaptureInsight,
    Command,
    DeclareEmergency,
    RecordAdministration,
    RecordVitals,
)
from schemas.facts import MessageRequested, MessageWithdrawn
from schemas.records import ActivityName, TaskQueue
from tests.support.care import CALM, arrived, discharged, enrolled, integrated, prepared
from tests.support.dev_server import address_of
from tests.support.engine import Engine, Hand, Server, movable_server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from workers.main import working

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
            "KAP_STAFF_SNAPSHOT": str(settings.staff_snapshot),
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


async def reported(hand: Hand) -> None:
    """Wait until the server knows the end of every page that left: of one that it does not, only the mail tells."""

    async def known() -> bool:
        pending = (await hand.workflow.describe()).raw_description.pending_activities
        return ActivityName.PAGE not in {one.activity_type.name for one in pending}

    await eventually(known, timeout=60)


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


@pytest.mark.slow
async def test_pages_leave_while_the_database_is_stopped_and_workers_die(engine: Engine) -> None:
    worker = WorkerProcess(engine)
    await worker.start()
    snapshot = engine.settings.staff_snapshot
    assert snapshot is not None
    try:
        hand = await engine.refer()
        await enrolled(hand)
        await eventually(snapshot.exists, timeout=60)
        assert b"example.org" not in snapshot.read_bytes()

        def pages(person: str) -> list[str]:
            mails = [mail.message for mail in engine.mail.to(f"{person}@example.org")]
            return [str(mail["Message-ID"]) for mail in mails if "needed now" in str(mail["Subject"])]

        async with engine.postgres.outage():
            await sent_until_answered(engine, hand.id, hand.command(DeclareEmergency, Role.NURSE))
            await eventually(lambda: pages("dr-sage") and pages("th-fern"), timeout=30)
            assert not pages("co-moss")
            await reported(hand)
            # The next step is taken by a worker that has never seen the database.
            await worker.end(signal.SIGKILL)
            await worker.start()
            await hand.wait(minutes=5)
            await eventually(lambda: len(pages("dr-sage")) == 2 and pages("co-moss"), timeout=60)
            await reported(hand)
            await worker.end(signal.SIGKILL)
            await worker.start()
            await sent_until_answered(engine, hand.id, hand.command(AcknowledgeEmergency, Role.PHYSICIAN))
            await hand.wait(minutes=11)

        async def recorded() -> bool:
            rows = await engine.client.outbox(hand.id)
            pages = [row.status for row in rows if row.template == "help_needed"]
            assert ((await hand.status()).unwritten_events, pages) == (0, ["sent"] * 4)
            return True

        await hand.wait(minutes=2)  # what is tried again waits up to a minute
        await eventually(recorded, timeout=90)
        events = await hand.journal()
        assert verify_chain(events) is None
        assert events[-1].seq == (await hand.status()).version
        everyone = [page for person in ("dr-sage", "th-fern", "co-moss") for page in pages(person)]
        assert len(everyone) == len(set(everyone)) == 4
        kinds = {item.kind for item in (await hand.status()).work}
        assert "close_emergency" in kinds
        assert "acknowledge_emergency" not in kinds
        assert await hand.failed_tasks() == 0
    finally:
        await worker.end(signal.SIGTERM)


@pytest.mark.slow
async def test_a_page_that_left_is_not_taken_back_by_what_was_said_meanwhile(engine: Engine) -> None:
    others = [queue for queue in TaskQueue if queue is not TaskQueue.PATHWAYS]
    temporal, doctor = engine.client.temporal, "dr-sage@example.org"
    async with working(temporal, engine.settings, others):
        async with working(temporal, engine.settings, (TaskQueue.PATHWAYS,)):
            hand = await engine.refer()
            await enrolled(hand)
            engine.mail.recipient_replies[doctor] = "451 4.7.1 try again later"
            await hand.do(DeclareEmergency, Role.NURSE)

            async def turned_away() -> bool:
                rows = await engine.client.outbox(hand.id)
                return any(row.template == "help_needed" and row.code == "mail_server_unavailable" for row in rows)

            await eventually(turned_away)
        # It leaves while nobody does the pathway's work, and the acknowledgement comes before that is known.
        engine.mail.recipient_replies.clear()
        await reported(hand)
        answer = asyncio.create_task(
            sent_until_answered(engine, hand.id, hand.command(AcknowledgeEmergency, Role.PHYSICIAN))
        )
        await asyncio.sleep(1)  # for it to reach the server, of which nothing tells before a worker takes it up
        async with working(temporal, engine.settings, (TaskQueue.PATHWAYS,)):
            await answer
            facts = [event.fact for event in await hand.journal()]
            pages = {one.message.id for one in facts if isinstance(one, MessageRequested) and one.message.urgent}
            assert len(pages) == 2
            assert not [one for one in facts if isinstance(one, MessageWithdrawn) and one.message_id in pages]
            assert await hand.failed_tasks() == 0
