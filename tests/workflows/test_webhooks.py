"""Real workers with a file of subscribers: a service learns of what a real pathway records, number by number."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.records import TaskQueue
from schemas.webhooks import Notice
from tests.support.care import enrolled
from tests.support.engine import Server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.webhooks import running_receiver
from workers.main import working

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_service_is_told_of_a_pathway(server: Server, postgres: PostgresServer, tmp_path: Path) -> None:
    async with running_receiver(tmp_path) as receiver, running_engine(server, postgres, workers=False) as engine:
        settings = engine.settings.model_copy(update={"webhooks": receiver.file()})
        async with working(server.environment.client, settings, tuple(TaskQueue)):
            await eventually(lambda: engine.pool.fetchval("SELECT count(*) FROM webhook_subscribers"))
            hand = await engine.refer()
            await enrolled(hand)
            written = [(event.seq, event.fact.type) for event in await hand.journal()]
            await eventually(lambda: len(receiver.taken) >= len(written), timeout=20)
            await engine.end_pathways()
    told = [Notice.model_validate_json(one.body).data for one in receiver.taken]
    assert {one.pathway_id for one in told} == {hand.id}
    assert [(one.seq, one.fact) for one in told][: len(written)] == written
    words = " ".join(f"{one.headers} {one.body}" for one in receiver.told)
    assert "Fable" not in words
    assert "Wren" not in words
