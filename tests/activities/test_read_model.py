"""The read model answers where pathways stand and who owes what."""

from datetime import timedelta

import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal
from activities.records.read_model import list_pathways, worklist
from schemas.actors import Role
from schemas.facts import WorkItemClosed, WorkItemOpened, WorkItemOverdue, WorkTransferOffered
from schemas.pathway import Phase
from schemas.work import Priority, WorkKind, WorkTransfer
from tests.support.journal import PROTOCOL, START, batch, chain, item, opened

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture
def journal(pool: Pool) -> Journal:
    return Journal(pool, Cipher(Keyring.in_memory()))


async def test_pathways_come_page_by_page_the_newest_first(journal: Journal, pool: Pool) -> None:
    events = chain([opened(1)])
    for number in range(5):
        opened_at = START + timedelta(days=number // 2)  # two share an instant
        await journal.write_journal(batch(events, pathway_id=f"p-{number}", opened_at=opened_at))
    await journal.write_journal(batch(events, pathway_id="p-0", episode="e-2", opened_at=START + timedelta(days=9)))

    seen = []
    after = None
    while page := await list_pathways(pool, limit=2, after=after):
        assert len(page) <= 2
        seen += [(row.pathway_id, row.episode) for row in page]
        after = seen[-1]
    assert seen == [("p-0", "e-2"), ("p-4", "e-1"), ("p-3", "e-1"), ("p-2", "e-1"), ("p-1", "e-1"), ("p-0", "e-1")]
    assert await list_pathways(pool, after=("p-unknown", "e-1")) == []


async def test_pathways_by_phase_tell_where_they_stand(journal: Journal, pool: Pool) -> None:
    await journal.write_journal(batch(chain([opened(1)]), pathway_id="p-1", phase=Phase.CONSENT))
    await journal.write_journal(batch(chain([opened(1)]), pathway_id="p-2", phase=Phase.SESSION))
    (row,) = await list_pathways(pool, Phase.SESSION)
    assert (row.pathway_id, row.phase, row.version, row.protocol) == ("p-2", Phase.SESSION, 1, PROTOCOL)
    assert (row.next_due_at, row.next_due_reason) == (START + timedelta(hours=1), "work_overdue")
    assert row.updated_at.utcoffset() == timedelta(0)
    assert await list_pathways(pool, Phase.CLOSED) == []


async def test_the_worklist_shows_the_oldest_risk_first(journal: Journal, pool: Pool) -> None:
    facts = [WorkItemOpened(item=item(number, due_h=hours)) for number, hours in [(1, 50), (2, 2), (3, 30), (4, 3)]]
    later = WorkItemOverdue(
        item_id="W2",
        kind=WorkKind.SCHEDULE_SESSION,
        step=2,
        escalated_to=Role.PHYSICIAN,
        next_deadline=START + timedelta(days=9),
    )
    await journal.write_journal(batch(chain([*facts, later])))
    rows = await worklist(pool, now=START + timedelta(hours=4))
    assert [(row.item_id, row.overdue) for row in rows] == [("W2", True), ("W4", True), ("W3", False), ("W1", False)]
    assert (rows[0].steps, rows[0].phase) == (2, Phase.SCREENING)
    assert [row.item_id for row in await worklist(pool, now=START, limit=1)] == ["W2"]


async def test_work_of_a_simulated_clock_is_overdue_when_its_pathway_says_so(journal: Journal, pool: Pool) -> None:
    late = WorkItemOverdue(
        item_id="W1",
        kind=WorkKind.SCHEDULE_SESSION,
        step=1,
        escalated_to=Role.PHYSICIAN,
        next_deadline=START + timedelta(days=9),
    )
    await journal.write_journal(batch(chain([opened(1), late, opened(2)])))
    long_before = START - timedelta(days=365)
    assert [(row.item_id, row.overdue) for row in await worklist(pool, now=long_before)] == [
        ("W1", True),
        ("W2", False),
    ]


async def test_the_worklist_is_asked_by_role_and_by_person(journal: Journal, pool: Pool) -> None:
    facts = [
        WorkItemOpened(item=item(1, owner=Role.PHYSICIAN, owner_id="staff-ash")),
        WorkItemOpened(item=item(2, owner=Role.PHYSICIAN, owner_id="staff-elm")),
        WorkItemOpened(item=item(3, owner=Role.COORDINATOR)),
        WorkItemOpened(item=item(4, owner=Role.COORDINATOR)),
        WorkItemClosed(item_id="W4", kind=WorkKind.SCHEDULE_SESSION),
    ]
    await journal.write_journal(batch(chain(facts)))
    assert [row.item_id for row in await worklist(pool, Role.PHYSICIAN, now=START)] == ["W1", "W2"]
    assert [row.item_id for row in await worklist(pool, owner_id="staff-elm", now=START)] == ["W2"]
    assert [row.item_id for row in await worklist(pool, Role.COORDINATOR, now=START)] == ["W3"], "closed work is gone"
    assert await worklist(pool, Role.COORDINATOR, "staff-elm", now=START) == []


async def test_what_is_pressing_comes_before_what_is_late(journal: Journal, pool: Pool) -> None:
    work = [
        item(1, due_h=1),
        item(2, due_h=90).model_copy(update={"priority": Priority.BLOCKING}),
        item(3, due_h=90).model_copy(update={"priority": Priority.URGENT}),
        item(4, due_h=99).model_copy(update={"priority": Priority.EMERGENCY}),
    ]
    await journal.write_journal(batch(chain([WorkItemOpened(item=one) for one in work])))
    rows = await worklist(pool, now=START + timedelta(hours=4))
    assert [row.item_id for row in rows] == ["W4", "W3", "W1", "W2"]
    assert rows[0].priority is Priority.EMERGENCY


async def test_work_on_offer_is_in_the_list_of_its_owner_and_of_whom_it_is_offered_to(
    journal: Journal, pool: Pool
) -> None:
    mine = item(1, owner_id="staff-robin")
    offer = WorkTransfer(to_id="staff-wren", expires_at=START + timedelta(hours=4))
    facts = [WorkItemOpened(item=mine), opened(2), WorkTransferOffered(item_id="W1", transfer=offer)]
    await journal.write_journal(batch(chain(facts)))
    for person in ("staff-robin", "staff-wren"):
        (row,) = await worklist(pool, owner_id=person, now=START)
        assert (row.item_id, row.owner_id, row.offered_to) == ("W1", "staff-robin", "staff-wren")
        assert row.offer_expires_at == offer.expires_at
    assert await worklist(pool, owner_id="staff-fern", now=START) == []
