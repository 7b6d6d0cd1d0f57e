"""The journal is written in order and exactly once, whatever is retried, and cannot be changed afterwards."""

import asyncio
import random
import time
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from temporalio.exceptions import ApplicationError

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal, JournalDamaged, read_journal, verify_chain
from schemas.events import CHAIN_START
from schemas.facts import (
    ConsentRecorded,
    ConsentWithdrawn,
    Fact,
    ReferralDeclined,
)
from schemas.records import JournalBatch
from tests.support.journal import START, batch, chain, closed, opened, overdue, requested, retold

pytest_plugins = ["tests.support.postgres"]

THREE = chain([opened(1), ReferralDeclined(), opened(2)])


@pytest.fixture
def cipher() -> Cipher:
    return Cipher(Keyring.in_memory())


@pytest.fixture
def journal(pool: Pool, cipher: Cipher) -> Journal:
    return Journal(pool, cipher)


async def contents(pool: Pool) -> dict[str, list[dict[str, Any]]]:
    """All rows as they would be whoever wrote them and when: without sealed bodies and real time."""
    tables = {
        "journal": "SELECT pathway_id, episode, seq, type, actor_role, hash FROM journal ORDER BY 1, 2, 3",
        "pathways": "SELECT pathway_id, episode, phase, cycle, version, next_due_at FROM pathways ORDER BY 1, 2",
        "work_items": "SELECT * FROM work_items ORDER BY pathway_id, episode, item_id",
        "messages": "SELECT message_id, pathway_id, to_id, about, requested_at, status FROM messages ORDER BY 1",
    }
    return {name: [dict(row) for row in await pool.fetch(sql)] for name, sql in tables.items()}


async def refused(journal: Journal, wrong: JournalBatch) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await journal.write_journal(wrong)
    return caught.value


async def test_what_was_written_is_read_back_in_order(journal: Journal, pool: Pool, cipher: Cipher) -> None:
    for first, last in ((1, 2), (3, 3)):
        as_it_travels = batch(THREE, first, last).model_dump_json()
        await journal.write_journal(JournalBatch.model_validate_json(as_it_travels))
    events = await read_journal(pool, cipher, "p-1")
    assert events == THREE
    assert verify_chain(events) is None
    assert await read_journal(pool, cipher, "p-2") == []


async def test_a_batch_that_comes_again_changes_nothing(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(THREE))
    before = await contents(pool)
    sealed = await pool.fetch("SELECT body FROM journal ORDER BY seq")
    await journal.write_journal(batch(THREE))
    await journal.write_journal(batch(THREE, 1, 1))
    await journal.write_journal(batch(THREE, 2, 3))
    assert await contents(pool) == before
    assert await pool.fetch("SELECT body FROM journal ORDER BY seq") == sealed


async def test_overlapping_batches_add_what_is_new(journal: Journal, pool: Pool, cipher: Cipher) -> None:
    await journal.write_journal(batch(THREE, 1, 2))
    await journal.write_journal(batch(THREE, 2, 3))
    assert await read_journal(pool, cipher, "p-1") == THREE
    assert await pool.fetchval("SELECT version FROM pathways") == 3


async def test_the_same_batch_many_times_at_once_is_written_once(journal: Journal, pool: Pool, cipher: Cipher) -> None:
    events = chain([opened(1), requested(1), overdue(1, 1), closed(1)])
    await asyncio.gather(*(journal.write_journal(batch(events)) for _ in range(20)))
    assert await read_journal(pool, cipher, "p-1") == events
    assert {name: len(rows) for name, rows in (await contents(pool)).items()} == {
        "journal": 4,
        "pathways": 1,
        "work_items": 1,
        "messages": 1,
    }


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_of_retries_and_overlaps_ends_like_one_writer(journal: Journal, pool: Pool, seed: int) -> None:
    facts: list[Fact] = []
    for number in range(1, 9):
        facts += [opened(number), requested(number), overdue(number, 1), overdue(number, 2)]
        if number % 2:
            facts.append(closed(number))
    events = chain(facts)
    await journal.write_journal(batch(events, pathway_id="p-reference"))

    chance = random.Random(seed)
    cuts = [sorted(chance.sample(range(1, len(events) + 1), 2)) for _ in range(25)]
    windows = [batch(events, first, last) for first, last in [*cuts, [1, 5], [4, 30], [20, len(events)]]]

    async def bring(window: JournalBatch) -> None:
        """As Temporal retries: a gap is tried again until somebody has filled it."""
        while True:
            try:
                return await journal.write_journal(window)
            except ApplicationError as error:
                if error.type != "journal_gap":
                    raise

    await asyncio.wait_for(asyncio.gather(*(bring(window) for window in windows * 2)), 60)

    rows = await contents(pool)
    for name in ("journal", "work_items", "pathways"):
        written = [{**row, "pathway_id": ""} for row in rows[name] if row["pathway_id"] == "p-1"]
        assert written == [{**row, "pathway_id": ""} for row in rows[name] if row["pathway_id"] == "p-reference"]
    assert len(rows["messages"]) == 8


async def test_a_gap_is_refused_and_may_be_tried_again(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(THREE, 1, 1))
    error = await refused(journal, batch(THREE, 3, 3))
    assert (error.type, error.non_retryable) == ("journal_gap", False)
    assert error.details == ({"first_seq": 3, "last_seq": 3},)
    assert await pool.fetchval("SELECT max(seq) FROM journal") == 1
    assert await pool.fetchval("SELECT version FROM pathways") == 1


async def test_another_event_under_a_known_number_is_a_conflict(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(THREE))
    other = chain([opened(1), ConsentWithdrawn(kind="treatment"), opened(2), opened(3)])
    before = await contents(pool)
    for wrong in (batch(other), batch(other, 1, 2), batch(other, 3, 4)):
        error = await refused(journal, wrong)
        assert (error.type, error.non_retryable) == ("journal_conflict", True)
    assert await contents(pool) == before


async def test_what_was_written_in_a_lost_workflow_task_makes_room_and_is_kept(
    journal: Journal, pool: Pool, cipher: Cipher
) -> None:
    await journal.write_journal(batch(THREE))
    again = retold(THREE, 2, 5)
    await journal.write_journal(batch(again, 2, 2))
    assert await read_journal(pool, cipher, "p-1") == again[:2]
    assert [row["item_id"] for row in await pool.fetch("SELECT item_id FROM work_items ORDER BY item_id")] == [
        "W1",
        "W52",
    ]
    assert await pool.fetchval("SELECT array_agg(seq ORDER BY seq) FROM journal_superseded") == [2, 3]
    await journal.write_journal(batch(again, 3, 3))
    assert await read_journal(pool, cipher, "p-1") == again
    assert verify_chain(again) is None


async def test_the_lost_one_himself_comes_too_late(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(retold(THREE, 2, 5)))
    before = await contents(pool)
    assert (await refused(journal, batch(THREE, 2, 3))).type == "journal_conflict"
    assert await contents(pool) == before


async def test_what_was_superseded_cannot_be_changed_and_nothing_leaves_without_it(
    journal: Journal, pool: Pool
) -> None:
    await journal.write_journal(batch(THREE))
    await journal.write_journal(batch(retold(THREE, 2, 5)))
    for statement in ("DELETE FROM journal_superseded", "TRUNCATE journal_superseded", "DELETE FROM journal"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await pool.execute(statement)


async def test_the_first_event_is_chained_to_nothing_before_it(journal: Journal) -> None:
    orphan = batch(THREE, 2, 3).model_copy(update={"events": chain([opened(1)])})
    assert (await refused(journal, orphan)).type == "journal_chain_broken"


def broken_batches() -> dict[str, JournalBatch]:
    whole = batch(THREE)
    first, second, third = whole.events
    changed = second.model_copy(update={"fact": ConsentWithdrawn(kind="treatment")})
    unhashed = second.model_copy(update={"hash": ""})
    return {
        "content changed": whole.model_copy(update={"events": (first, changed, third)}),
        "event left out": whole.model_copy(update={"events": (first, third)}),
        "order changed": whole.model_copy(update={"events": (first, third, second)}),
        "no hash": whole.model_copy(update={"events": (first, unhashed, third)}),
        "other beginning": whole.model_copy(update={"previous_hash": "f" * 64}),
        "no hash at all": whole.model_copy(update={"previous_hash": "none"}),
    }


@pytest.mark.parametrize("what", broken_batches())
async def test_a_broken_chain_is_refused_for_good(journal: Journal, pool: Pool, what: str) -> None:
    error = await refused(journal, broken_batches()[what])
    assert (error.type, error.non_retryable) == ("journal_chain_broken", True)
    assert await pool.fetchval("SELECT count(*) FROM journal") == 0


async def test_a_batch_that_is_whole_in_itself_must_continue_what_is_there(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(THREE, 1, 2))
    other = chain([opened(1), opened(2), opened(3)], salt="d")
    error = await refused(journal, batch(other, 3, 3))
    assert (error.type, error.non_retryable) == ("journal_chain_broken", True)
    assert await pool.fetchval("SELECT max(seq) FROM journal") == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET type = 'nothing'",
        "UPDATE journal SET type = 'nothing' WHERE seq = 99",
        "DELETE FROM journal",
        "TRUNCATE journal",
        "SET session_replication_role = replica; DELETE FROM journal",
    ],
)
async def test_the_journal_is_append_only(journal: Journal, pool: Pool, statement: str) -> None:
    await journal.write_journal(batch(THREE))
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
    assert await pool.fetchval("SELECT count(*) FROM journal") == 3


async def test_an_entry_that_was_exchanged_or_forged_is_told_by_its_number(
    journal: Journal, pool: Pool, cipher: Cipher
) -> None:
    await journal.write_journal(batch(THREE))
    await pool.execute(
        "ALTER TABLE journal DISABLE TRIGGER append_only;"
        "UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 3) WHERE seq = 2"
    )
    with pytest.raises(JournalDamaged, match=r"Entry 2 .* altered"):
        await read_journal(pool, cipher, "p-1")
    with pytest.raises(JournalDamaged, match=r"Entry 1 .* altered"):
        await read_journal(pool, Cipher(Keyring.in_memory()), "p-1")


def test_the_chain_tells_the_first_event_that_is_wrong() -> None:
    first, second, third = THREE
    assert verify_chain([]) is None
    assert verify_chain(THREE) is None
    assert verify_chain([second, third]) == 1
    assert verify_chain([first, third]) == 2
    assert verify_chain([first, second.model_copy(update={"reason": "Changed later."}), third]) == 2
    rewritten = first.model_copy(update={"reason": "Rewritten with a hash of its own."})
    rewritten = rewritten.model_copy(update={"hash": rewritten.expected_hash(CHAIN_START)})
    assert verify_chain([rewritten, second, third]) == 2


async def test_a_second_episode_of_the_same_pathway_stands_on_its_own(
    journal: Journal, pool: Pool, cipher: Cipher
) -> None:
    second = chain([opened(1), ConsentRecorded(kind="treatment", version="2026-11", signed_at=START)], salt="second")
    await journal.write_journal(batch(THREE))
    await journal.write_journal(batch(second, episode="e-0", opened_at=START + timedelta(days=90)))
    assert await read_journal(pool, cipher, "p-1") == second, "the episode opened last is the one meant"
    assert await read_journal(pool, cipher, "p-1", "e-1") == THREE
    assert await pool.fetchval("SELECT count(*) FROM work_items WHERE item_id = 'W1'") == 2
    error = await refused(journal, batch(THREE, 1, 1, episode="e-0"))
    assert error.type == "journal_conflict"


async def test_how_long_a_write_takes(journal: Journal, pool: Pool) -> None:
    """Measures, and asserts nothing about the time: it runs on every accepted command."""
    events = chain([opened(number) for number in range(1, 601)])
    seconds = []
    for first in range(1, len(events), 3):
        one = batch(events, first, first + 2)
        started = time.perf_counter()
        await journal.write_journal(one)
        seconds.append(time.perf_counter() - started)
    assert await pool.fetchval("SELECT count(*) FROM journal") == 600
    seconds.sort()
    print(f"\nwriting 3 events: p50 {seconds[100] * 1000:.2f} ms, p95 {seconds[190] * 1000:.2f} ms")
