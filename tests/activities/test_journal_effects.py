"""What the events do to the read model, in the same transaction as the journal."""

from datetime import datetime, timedelta

import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal
from schemas.actors import Actor, Role
from schemas.facts import (
    Fact,
    WorkHelpRequested,
    WorkItemOpened,
    WorkItemReassigned,
    WorkReminded,
    WorkTransferAnswered,
    WorkTransferExpired,
    WorkTransferOffered,
)
from schemas.pathway import Phase
from schemas.work import Priority, WorkTransfer
from tests.support.journal import START, batch, chain, closed, item, opened, overdue, requested

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture
def journal(pool: Pool) -> Journal:
    return Journal(pool, Cipher(Keyring.in_memory()))


async def test_work_items_and_messages_follow_the_events(journal: Journal, pool: Pool) -> None:
    physician = Actor(id="staff-ash", role=Role.PHYSICIAN)
    events = chain(
        [opened(1), opened(2), requested(1), overdue(1, 1), overdue(1, 2), closed(2)],
        actor=physician,
    )
    await journal.write_journal(batch(events, phase=Phase.CONSENT))
    late, done = await pool.fetch("SELECT * FROM work_items ORDER BY item_id")
    assert (late["steps"], late["next_deadline"], late["closed_at"]) == (2, START + timedelta(days=3), None)
    assert (late["kind"], late["subject"], late["owner_role"], late["opened_at"]) == (
        "schedule_session",
        "cycle-1",
        "coordinator",
        START,
    )
    assert (done["closed_at"], done["closed_by"], done["closed_by_role"]) == (
        START + timedelta(minutes=6),
        "staff-ash",
        "physician",
    )
    message = await pool.fetchrow("SELECT * FROM messages")
    assert message is not None
    assert (message["message_id"], message["pathway_id"], message["template"]) == (
        "e-1-M1",
        "p-1",
        "approval_requested",
    )
    assert (message["to_role"], message["to_id"], message["about"]) == ("physician", "staff-ash", "W1")
    assert (message["status"], message["attempts"]) == ("requested", 0)
    row = await pool.fetchrow("SELECT * FROM pathways")
    assert row is not None
    assert (row["phase"], row["version"], row["cycle"], row["sessions_planned"]) == ("consent", 6, 6, 6)


async def test_work_that_was_closed_and_is_opened_again_is_owed_again(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(chain([opened(1), closed(1), opened(1)])))
    assert tuple(await pool.fetchrow("SELECT closed_at, closed_by, steps FROM work_items") or ()) == (None, None, 0)


async def test_a_late_batch_does_not_open_again_what_was_closed(journal: Journal, pool: Pool) -> None:
    events = chain([opened(1), closed(1)])
    await journal.write_journal(batch(events, 1, 1))
    await journal.write_journal(batch(events, 2, 2, phase=Phase.CLOSED))
    await journal.write_journal(batch(events, 1, 1))
    assert await pool.fetchval("SELECT closed_at FROM work_items") is not None
    assert tuple(await pool.fetchrow("SELECT phase, version FROM pathways") or ()) == ("closed", 2)


async def test_a_message_that_was_delivered_first_keeps_what_became_of_it(journal: Journal, pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO messages (message_id, pathway_id, template, to_role, to_id, about, requested_at, status, sent_at)"
        " VALUES ('e-1-M1', 'p-1', 'approval_requested', 'physician', 'staff-ash', 'W1', now(), 'sent', now())"
    )
    await journal.write_journal(batch(chain([requested(1)])))
    assert await pool.fetchval("SELECT status FROM messages") == "sent"


async def marks(pool: Pool) -> dict[str, object]:
    row = await pool.fetchrow(
        "SELECT reminded_at, help_asked_at, offered_to, offer_expires_at, taken_over, owner_id, priority"
        " FROM work_items"
    )
    assert row is not None
    return {name: value for name, value in row.items() if value is not None}


async def test_what_colleagues_do_about_work_shows_until_it_is_over(journal: Journal, pool: Pool) -> None:
    urgent = item(1, owner_id="staff-robin").model_copy(update={"priority": Priority.URGENT})
    offer = WorkTransfer(to_id="staff-wren", expires_at=START + timedelta(hours=4))
    taken = urgent.model_copy(update={"owner_id": "staff-wren", "taken_over": True, "reminded_at": seen(2)})
    facts: list[Fact] = [
        WorkItemOpened(item=urgent),
        WorkReminded(item_id="W1"),
        WorkHelpRequested(item_id="W1"),
        WorkTransferOffered(item_id="W1", transfer=offer),
        WorkTransferExpired(item_id="W1", person_id="staff-wren"),
        WorkTransferOffered(item_id="W1", transfer=offer),
        WorkTransferAnswered(item_id="W1", person_id="staff-wren", accepted=True),
        WorkItemReassigned(item=taken, from_id="staff-robin"),
    ]
    always = {"owner_id": "staff-robin", "priority": "p1"}
    reminded = {**always, "reminded_at": seen(2)}
    asked = {**reminded, "help_asked_at": seen(3)}
    offered = {**asked, "offered_to": "staff-wren", "offer_expires_at": offer.expires_at}
    expected = [always, reminded, asked, offered, asked, offered, asked]
    events = chain(facts)
    for number, shown in enumerate(expected, 1):
        await journal.write_journal(batch(events[:number]))
        assert await marks(pool) == shown, number
    await journal.write_journal(batch(events))
    assert await marks(pool) == {**asked, "owner_id": "staff-wren", "taken_over": True}


def seen(number: int) -> datetime:
    """When event number ``number`` of a chain was observed."""
    return START + timedelta(minutes=number, seconds=-30)
