"""Other services are told of every entry of the journal: signed, in order, at least once, and nothing of a person."""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal
from activities.webhooks.outbox import Outbox, resend_webhooks, webhook_states
from activities.webhooks.sending import PACE, Pace, Webhooks
from schemas.facts import InsightCaptured
from schemas.views import WebhookRow
from schemas.webhooks import Notice
from tests.support.eventually import eventually
from tests.support.journal import batch, chain, closed, opened, retold
from tests.support.postgres import PostgresServer
from tests.support.webhooks import QUICK, Receiver

pytest_plugins = ["tests.support.postgres", "tests.support.webhooks"]

ROOT = Path(__file__).parents[2]
FIVE = chain([opened(1), opened(2), closed(1), opened(3), closed(2)])


@pytest.fixture
def journal(pool: Pool) -> Journal:
    return Journal(pool, Cipher(Keyring.in_memory()))


def webhooks(pool: Pool, receiver: Receiver, types: str = "all", pace: Pace = QUICK) -> Webhooks:
    return Webhooks(pool, receiver.subscribers(types), pace)


async def subscribed(pool: Pool, receiver: Receiver, types: str = "all") -> None:
    """As when a worker has started, without its sending anything."""
    await Outbox(pool).subscribe(receiver.subscribers(types))


async def state(pool: Pool) -> WebhookRow:
    (row,) = await webhook_states(pool)
    return row


async def settled(pool: Pool) -> WebhookRow:
    """Wait until nothing waits any more."""

    async def none_waits() -> bool:
        return not (await state(pool)).waiting

    await eventually(none_waits)
    return await state(pool)


async def test_a_notice_is_signed_and_says_what_and_where_and_nothing_else(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    await subscribed(pool, receiver)
    events = chain([InsightCaptured(session_id="S1", insight="Canary insight")], reason="Canary reason")
    await journal.write_journal(batch(events))
    async with webhooks(pool, receiver).sending():
        await settled(pool)
    (told,) = receiver.taken
    notice = Notice.model_validate_json(told.body)
    assert told.notice == {
        "type": "pathway.insight_captured",
        "timestamp": told.notice["timestamp"],
        "data": {
            "pathway_id": "p-1",
            "episode": "e-1",
            "seq": 1,
            "fact": "insight_captured",
            "recorded_at": "2026-03-02T09:01:00Z",
        },
    }
    assert abs(datetime.now(UTC) - notice.timestamp) < timedelta(seconds=30)
    rows = await pool.fetchval("SELECT string_agg(kept::text, ' ') FROM webhook_outbox AS kept")
    for text in (told.body, str(told.headers), rows):
        assert "canary" not in text.lower()
        assert "staff-robin" not in text


async def test_without_subscribers_there_are_no_rows(pool: Pool, journal: Journal) -> None:
    await Outbox(pool).subscribe(())
    await journal.write_journal(batch(FIVE))
    assert await pool.fetchval("SELECT count(*) FROM webhook_outbox") == 0
    assert await webhook_states(pool) == []


async def test_a_subscriber_is_told_of_the_types_it_asked_for(pool: Pool, journal: Journal, receiver: Receiver) -> None:
    await subscribed(pool, receiver, "[work_item_closed]")
    await journal.write_journal(batch(FIVE))
    await journal.write_journal(batch(FIVE, 2, 4))
    assert await pool.fetchval("SELECT array_agg(seq ORDER BY seq) FROM webhook_outbox") == [3, 5]


@pytest.mark.parametrize("status", [500, 429, 302, 404])
async def test_what_is_not_taken_is_sent_again_under_the_same_id(
    pool: Pool, journal: Journal, receiver: Receiver, status: int
) -> None:
    receiver.replies.extend([(status, {"location": "/elsewhere"})] * 2)
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 1))
    async with webhooks(pool, receiver).sending():
        await settled(pool)
    assert len(receiver.told) == 3
    assert len({told.message_id for told in receiver.told}) == 1
    assert len({told.body for told in receiver.told}) == 1


async def test_a_receiver_that_keeps_silent_is_tried_again(pool: Pool, journal: Journal, receiver: Receiver) -> None:
    receiver.pause = asyncio.Event()
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 1))
    async with webhooks(pool, receiver).sending():
        await eventually(lambda: len(receiver.told) == 2)
        assert (await state(pool)).code == "timed_out"
        receiver.pause.set()
        assert (await settled(pool)).sent == 1
    assert len({told.message_id for told in receiver.told}) == 1


async def test_a_receiver_that_asks_for_a_pause_gets_it(pool: Pool, journal: Journal, receiver: Receiver) -> None:
    receiver.replies.append((429, {"retry-after": "30"}))
    await subscribed(pool, receiver)
    for pathway in ("p-1", "p-2"):
        await journal.write_journal(batch(FIVE, pathway_id=pathway))
    async with webhooks(pool, receiver).sending():
        await eventually(lambda: receiver.told)
        await eventually(lambda: pool.fetchval("SELECT rests_until > now() + '25 s' FROM webhook_subscribers"))
        assert len(receiver.told) == 1
        assert await Outbox(pool).claim("scheduling", timedelta(1)) is None


async def test_nothing_overtakes_on_its_pathway_and_others_go_on(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    receiver.refuses = "p-1"
    await subscribed(pool, receiver)
    for pathway in ("p-1", "p-2"):
        await journal.write_journal(batch(FIVE, pathway_id=pathway))
    async with webhooks(pool, receiver).sending():
        await eventually(lambda: len(receiver.taken) == 5 and len(receiver.told) > 7)
        assert {told.place for told in receiver.told if told.place[0] == "p-1"} == {("p-1", 1)}
        receiver.refuses = None
        await settled(pool)
    assert [told.place for told in receiver.taken] == [("p-2", seq) for seq in range(1, 6)] + [
        ("p-1", seq) for seq in range(1, 6)
    ]


async def test_several_workers_send_each_notice_once_and_in_order(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    await subscribed(pool, receiver)
    for number in range(4):
        await journal.write_journal(batch(FIVE, pathway_id=f"p-{number}"))
    async with webhooks(pool, receiver).sending(), webhooks(pool, receiver).sending():
        await settled(pool)
    for number in range(4):
        assert [told.place[1] for told in receiver.told if told.place[0] == f"p-{number}"] == [1, 2, 3, 4, 5]


async def test_who_answers_410_is_told_nothing_more_until_an_operator_says_so(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    receiver.replies.append((410, {}))
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 2))
    async with webhooks(pool, receiver).sending():
        row = await settled(pool)
        assert (row.status, row.failed, row.code) == ("disabled", 2, "subscriber_gone")
        await journal.write_journal(batch(FIVE, 3, 3))
        await subscribed(pool, receiver)
        assert (await state(pool)).status == "disabled", "a worker that starts does not enable it"
        assert await resend_webhooks(pool, "scheduling") == 2
        row = await settled(pool)
    assert (row.status, row.sent, row.failed) == ("enabled", 2, 0)
    assert [told.place[1] for told in receiver.told] == [1, 1, 2]
    assert await resend_webhooks(pool, "nobody") is None


async def test_what_is_never_taken_fails_in_the_end_and_lets_the_next_one_go(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    receiver.replies.extend([(500, {})] * 2)
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 3))
    async with webhooks(pool, receiver, pace=Pace(idle=0.02, first_wait=0.3, span=0.2)).sending():
        row = await settled(pool)
        assert (row.sent, row.failed, row.code) == (1, 2, "http_500")
        assert await resend_webhooks(pool, "scheduling") == 2
        await settled(pool)
    assert [told.place[1] for told in receiver.taken] == [3, 1, 2]
    assert len({told.message_id for told in receiver.told}) == 3


async def test_a_worker_killed_between_post_and_mark_sends_again_under_the_same_id(
    pool: Pool, database_url: str, journal: Journal, receiver: Receiver
) -> None:
    receiver.pause = asyncio.Event()
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 1))
    program = (
        "import asyncio, sys, pathlib\n"
        "from activities.database import open_pool\n"
        "from activities.webhooks.sending import Pace, Webhooks\n"
        "from activities.webhooks.subscribers import load_subscribers\n"
        "async def main():\n"
        "    hooks = load_subscribers(pathlib.Path(sys.argv[2]))\n"
        "    async with Webhooks(await open_pool(sys.argv[1]), hooks, Pace(lease=1)).sending():\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, database_url, str(receiver.file())), env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    await eventually(lambda: receiver.told, timeout=30)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    receiver.pause.set()
    async with webhooks(pool, receiver).sending():
        row = await settled(pool)
    assert row.sent == 1
    first, second = receiver.told
    assert (first.message_id, first.body) == (second.message_id, second.body)


async def test_an_outage_of_the_database_loses_nothing(
    pool: Pool, postgres: PostgresServer, journal: Journal, receiver: Receiver
) -> None:
    receiver.pause = asyncio.Event()
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 2))
    async with webhooks(pool, receiver, pace=Pace(lease=1, idle=0.02, outage=0.1)).sending():
        await eventually(lambda: receiver.told)
        async with postgres.outage(signal.SIGQUIT):
            receiver.pause.set()
            await eventually(lambda: receiver.taken)
        await journal.write_journal(batch(FIVE, 3, 3))
        row = await settled(pool)
    assert row.sent == 3
    assert [told.place[1] for told in receiver.taken] == [1, 1, 2, 3]
    assert len({told.message_id for told in receiver.taken}) == 3


async def test_what_never_happened_for_the_engine_is_not_told_and_what_was_told_is_replaced(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 2))
    async with webhooks(pool, receiver).sending():
        await settled(pool)
    await journal.write_journal(batch(FIVE, 3, 5))
    again = retold(FIVE, 2, 9)
    await journal.write_journal(batch(again, 2, 3))
    rows = await pool.fetch("SELECT seq, type, status FROM webhook_outbox ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        (1, "work_item_opened", "sent"),
        (2, "work_item_opened", "waiting"),
        (3, "work_item_opened", "waiting"),
    ]
    async with webhooks(pool, receiver).sending():
        await settled(pool)
    assert [told.place[1] for told in receiver.taken] == [1, 2, 2, 3]
    assert len({told.message_id for told in receiver.taken}) == 4, "another event is another message"


async def test_who_is_no_longer_in_the_file_is_told_nothing_more(
    pool: Pool, journal: Journal, receiver: Receiver
) -> None:
    await subscribed(pool, receiver)
    await journal.write_journal(batch(FIVE, 1, 2))
    await Outbox(pool).subscribe(())
    await journal.write_journal(batch(FIVE, 3, 3))
    row = await state(pool)
    assert (row.status, row.failed, row.waiting, row.code) == ("removed", 2, 0, "subscriber_removed")
    await Outbox(pool).forget(timedelta(0))
    assert await webhook_states(pool) == []


def test_pauses_double_up_to_an_hour_over_three_days() -> None:
    assert [PACE.wait(attempt) for attempt in (1, 2, 3, 10, 11, 500)] == [5, 10, 20, 2560, 3600, 3600]
    assert PACE.span == timedelta(days=3).total_seconds()
    assert PACE.lease > 2 * PACE.request
