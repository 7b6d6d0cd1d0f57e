"""Clinic-wide rounds: digests by a real mail server, and inventories that find and repair what was damaged."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import ScheduleBackfill, ScheduleOverlapPolicy
from temporalio.testing import ActivityEnvironment

from activities.cipher import Cipher
from activities.rounds.inventory import Inventory
from clients.rounds import rounds, take_inventory
from schemas.actors import Role
from schemas.commands import AcceptReferral, RemindOwner, RequestHelp, TransferWork
from schemas.messages import QuietHours
from schemas.records import TaskQueue
from schemas.rounds import (
    EndKind,
    FindingCode,
    InventoryReport,
    RoundKind,
    RoundOrder,
    RoundReport,
    schedule_id,
)
from schemas.start import Tuning
from tests.support.care import enrolled, prepared
from tests.support.engine import TEAM, ZONE, Engine, Server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.protocols import packaged
from workers.main import working
from workers.rounds import settle_schedules
from workers.settings import Settings
from workflows.rounds import ClinicRound

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def code_of(engine: Engine) -> dict[str, tuple[FindingCode, bool]]:
    """What the last inventory found, by pathway."""
    return {row.pathway_id: (row.code, row.repaired) for row in await engine.client.findings()}


async def test_an_inventory_of_records_that_agree_finds_nothing_and_lists_what_ends(engine: Engine) -> None:
    hand = await engine.start(Tuning(continue_after_commands=4))
    await enrolled(hand)
    await prepared(hand)
    report = await take_inventory(engine.client)
    assert (report.pathways, report.repaired, report.open) == (1, 0, 0)
    assert await engine.client.findings() == []
    rows = await engine.client.endings()
    assert {row.kind for row in rows} == {EndKind.CONSENT, EndKind.APPROVAL, EndKind.CREDENTIAL}
    assert [row.ends_at for row in rows] == sorted(row.ends_at for row in rows)
    assert {row.pathway_id for row in rows} == {hand.id}
    status = await hand.status()
    assert status.approval is not None
    approval = next(row for row in rows if row.kind is EndKind.APPROVAL)
    assert (approval.subject, approval.ends_at) == (status.approval.id, status.approval.valid_until)
    until = approval.ends_at - datetime.now(UTC) + timedelta(hours=1)
    assert [row.kind for row in await engine.client.endings(until)] == [EndKind.APPROVAL]
    assert len(await engine.client.endings(timedelta(days=30))) == report.ending


async def test_what_colleagues_did_about_work_agrees_on_both_sides(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    work = [one for one in (await hand.status()).work if one.owner_role is Role.PHYSICIAN]
    await hand.do(RemindOwner, Role.COORDINATOR, item_id=work[0].id)
    await hand.do(RequestHelp, Role.PHYSICIAN, item_id=work[0].id)
    await hand.do(TransferWork, Role.PHYSICIAN, item_id=work[0].id, to_id="dr-reed")
    rows = {row.item_id: row for row in await engine.client.worklist(Role.PHYSICIAN)}
    row = rows[work[0].id]
    assert (row.reminded_at is None, row.help_asked_at is None, row.offered_to) == (False, False, "dr-reed")
    assert (await take_inventory(engine.client)).repaired == 0
    await engine.pool.execute("UPDATE work_items SET reminded_at = NULL, offered_to = NULL")
    assert (await take_inventory(engine.client)).repaired == 1
    assert {row.item_id: row for row in await engine.client.worklist(Role.PHYSICIAN)} == rows


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM work_items",
        "UPDATE work_items SET closed_at = now() WHERE closed_at IS NULL",
        "UPDATE work_items SET owner_id = 'somebody', steps = 7",
        "UPDATE work_items SET closed_at = NULL",
        "UPDATE pathways SET phase = 'follow_up', version = 3",
        "DELETE FROM pathways",
    ],
)
async def test_what_differs_in_the_read_model_is_made_anew(engine: Engine, damage: str) -> None:
    hand = await engine.start(Tuning())
    await enrolled(hand)
    table = "SELECT * FROM work_items ORDER BY item_id"
    work, rows = await engine.pool.fetch(table), await engine.client.list_pathways()
    await engine.pool.execute(damage)
    assert (await engine.pool.fetch(table), await engine.client.list_pathways()) != (work, rows)

    report = await take_inventory(engine.client)
    assert (report.pathways, report.repaired, report.open) == (1, 1, 0)
    assert await code_of(engine) == {hand.id: (FindingCode.READ_MODEL_DIFFERED, True)}
    assert await engine.pool.fetch(table) == work
    (row,) = await engine.client.list_pathways()
    assert row.model_copy(update={"updated_at": rows[0].updated_at}) == rows[0]
    # And it goes on from there: the next command is journalled, the next inventory finds nothing.
    await hand.journal()
    assert (await take_inventory(engine.client)).repaired == 0
    assert await engine.client.findings() == []


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        ("DELETE FROM journal WHERE seq > 2", FindingCode.JOURNAL_SHORT),
        (
            "UPDATE journal SET hash = sha256('x') WHERE seq = (SELECT max(seq) FROM journal)",
            FindingCode.JOURNAL_DIFFERS,
        ),
        ("UPDATE journal SET seq = seq + 1 WHERE seq = (SELECT max(seq) FROM journal)", FindingCode.JOURNAL_AHEAD),
        ("UPDATE journal SET body = body || '\\x00' WHERE seq = 2", FindingCode.JOURNAL_DAMAGED),
        ("DELETE FROM journal WHERE seq = 2", FindingCode.JOURNAL_DAMAGED),
    ],
)
async def test_a_journal_that_is_not_what_was_written_is_left_to_a_human(
    engine: Engine, tampering: str, code: FindingCode
) -> None:
    hand = await engine.start(Tuning())
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    async with engine.pool.acquire() as connection, connection.transaction():
        await connection.execute("ALTER TABLE journal DISABLE TRIGGER ALL")
        await connection.execute(tampering)
        await connection.execute("ALTER TABLE journal ENABLE TRIGGER ALL")
    # A repair would have to read the journal.
    await engine.pool.execute("DELETE FROM work_items")
    report = await take_inventory(engine.client)
    assert (report.repaired, report.open) == (0, 1)
    assert await code_of(engine) == {hand.id: (code, False)}
    assert await engine.pool.fetchval("SELECT count(*) FROM work_items") == 0


async def test_a_pathway_whose_workflow_was_ended_by_force_is_found(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    await hand.workflow.terminate()
    await take_inventory(engine.client)
    assert await code_of(engine) == {hand.id: (FindingCode.WORKFLOW_MISSING, False)}


async def alone(engine: Engine) -> InventoryReport:
    """An inventory that needs no worker, and waits for nothing."""
    patience = {"settles_within": timedelta(0), "answers_within": timedelta(seconds=1)}
    cipher = Cipher(engine.server.keyring)
    inventory = Inventory(engine.pool, cipher, engine.client.temporal, packaged().rounds, **patience)
    return await ActivityEnvironment().run(inventory.take_inventory)


async def test_a_pathway_that_cannot_answer_is_found(server: Server, postgres: PostgresServer) -> None:
    async with running_engine(server, postgres, workers=False) as engine:
        async with working(server.environment.client, engine.settings):
            hand = await engine.start(Tuning())
            await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
        report = await alone(engine)
        assert (report.pathways, report.open) == (0, 1)
        assert await code_of(engine) == {hand.id: (FindingCode.WORKFLOW_SILENT, False)}


async def test_events_that_wait_for_the_journal_are_found_and_written_by_the_pathway_itself(
    server: Server, postgres: PostgresServer
) -> None:
    async with running_engine(server, postgres, workers=False) as engine:
        without = [queue for queue in TaskQueue if queue is not TaskQueue.RECORDS]
        async with working(server.environment.client, engine.settings, without):
            hand = await engine.start(Tuning())
            async with postgres.outage():
                await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
            assert (await alone(engine)).open == 1
            assert await code_of(engine) == {hand.id: (FindingCode.JOURNAL_WAITS, False)}
            async with working(server.environment.client, engine.settings, [TaskQueue.RECORDS]):
                await eventually(lambda: settled(engine), timeout=90)


async def settled(engine: Engine) -> bool:
    return (await alone(engine)).open == 0


def of_this_morning(engine: Engine) -> Settings:
    """Settings under which everybody's morning has just begun."""
    now = datetime.now(ZoneInfo(ZONE)) - timedelta(minutes=2)
    source = Path(engine.settings.protocol)
    text, count = re.subn('digest_at: "07:00"', f'digest_at: "{now:%H:%M:%S}"', source.read_text())
    assert count == 1
    path = source.parent / f"morning-{now:%H%M%S}.yaml"
    path.write_text(text)
    return engine.settings.model_copy(update={"protocol": str(path)})


async def digest(engine: Engine, number: int) -> RoundReport:
    return await engine.client.temporal.execute_workflow(
        ClinicRound.run,
        RoundOrder(kind=RoundKind.DIGEST),
        id=f"round-digest-{engine.settings.database_url}-{number}"[-60:],
        task_queue=TaskQueue.PATHWAYS,
    )


async def test_a_digest_goes_out_once_a_morning_and_only_when_quiet_hours_end(
    server: Server, postgres: PostgresServer
) -> None:
    async with running_engine(server, postgres, workers=False) as engine:
        now = datetime.now(ZoneInfo(ZONE))
        quiet = QuietHours(begins=(now - timedelta(hours=1)).time(), ends=(now + timedelta(seconds=8)).time())
        coordinator = await engine.people.get(TEAM.coordinator_id)
        assert coordinator is not None
        await engine.people.put(coordinator.model_copy(update={"quiet": quiet}))
        async with working(server.environment.client, of_this_morning(engine)):
            await engine.start(Tuning())  # leaves work with the coordinator
            address = f"{TEAM.coordinator_id}@example.org"

            async def owed() -> bool:
                return bool(await engine.client.worklist(Role.COORDINATOR))

            await eventually(owed)
            first = await digest(engine, 1)
            assert datetime.now(ZoneInfo(ZONE)).time() >= quiet.ends
            second = await digest(engine, 2)
            assert (first.digests, second.digests) == (1, 1)  # the second finds that it went
            (mail,) = [one for one in engine.mail.to(address) if "list for today" in str(one.message["Subject"])]
            assert "1 open, of that" in mail.body
            rows = [row for row in await engine.client.outbox() if row.template == "digest"]
            assert [(row.pathway_id, row.status, row.to_id) for row in rows] == [("clinic", "sent", "co-moss")]


async def test_a_digest_that_nobody_could_send_before_the_next_morning_is_not_sent(
    server: Server, postgres: PostgresServer
) -> None:
    """The round is made up for after an outage; its digest has expired then."""
    async with running_engine(server, postgres) as engine:
        await engine.start(Tuning())

        async def owed() -> bool:
            return bool(await engine.client.worklist(Role.COORDINATOR))

        await eventually(owed)
        yesterday = datetime.now(UTC) - timedelta(hours=30)
        morning = yesterday.astimezone(ZoneInfo(ZONE)).replace(hour=7, minute=0, second=0, microsecond=0)
        await settle_schedules(server.environment.client, packaged().rounds, lambda _: None)
        handle = server.environment.client.get_schedule_handle(schedule_id(RoundKind.DIGEST))

        async def paused() -> bool:
            # Right after the schedule was made, a pause has been seen to be lost.
            await handle.pause()
            return (await handle.describe()).schedule.state.paused

        await eventually(paused)
        while morning > yesterday:
            morning -= timedelta(days=1)
        await handle.backfill(
            ScheduleBackfill(morning - timedelta(minutes=1), morning, overlap=ScheduleOverlapPolicy.ALLOW_ALL)
        )

        async def withdrawn() -> bool:
            rows = [row for row in await engine.client.outbox() if row.template == "digest"]
            return {(row.status, row.code) for row in rows} == {("withdrawn", "expired")}

        await eventually(withdrawn)
        assert not [one for one in engine.mail.mails if "list for today" in str(one.message["Subject"])]

        async def said() -> bool:  # the letter is withdrawn a moment before its round has ended
            (round_,) = [row for row in await rounds(engine.client) if row.kind is RoundKind.DIGEST]
            assert (round_.paused, round_.every_s, round_.last_due_at) == (True, 900, morning.astimezone(UTC))
            return round_.last is not None and (round_.last.due_at, round_.last.digests) == (morning.astimezone(UTC), 0)

        await eventually(said)
        await handle.delete()
