"""A pathway is moved to another version of the protocol: seen beforehand, admitted, recorded, and derived anew."""

from typing import Any

import pytest
from temporalio.client import WorkflowQueryFailedError

from clients.errors import Refused
from clients.rederiving import state_at
from schemas.actors import Role
from schemas.commands import MoveProtocol, SignPreparationNote
from schemas.facts import ProtocolMoved
from schemas.moving import MovePreview
from schemas.start import Tuning
from tests.support.care import arrived, enrolled, prepared
from tests.support.dev_server import stranger
from tests.support.engine import Engine, Hand, Server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.protocols import varied
from workers.main import working

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNED = {"signature": {"signed_by": "Dr. Fable", "signed_on": "2026-11-30"}}


def version(name: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = varied({"version": name, **(changes or {})}).model_dump(mode="json")
    return {"protocol": content}


async def preview(hand: Hand, **values: Any) -> MovePreview:
    command = hand.command(MoveProtocol, Role.PHYSICIAN, **values)
    assert isinstance(command, MoveProtocol)
    return await hand.engine.client.preview_move(hand.id, command)


async def test_a_move_is_seen_beforehand_and_then_recorded(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    before = await hand.status()
    seen = await preview(hand, **version("2027.01-1"))
    assert seen.approval_suspended == ("protocol_moved",)
    assert (await hand.status()).version == before.version, "a dry run records nothing"
    receipt = await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1"))
    assert receipt.phase is seen.phase_after
    assert (await hand.status()).protocol == "kap-default:2027.01-1"

    async def listed() -> list[str]:
        query = f'KapProtocol = "kap-default:2027.01-1" AND WorkflowId = "{hand.id}"'
        return [run.id async for run in engine.client.temporal.list_workflows(query)]

    assert await eventually(listed) == [hand.id]
    assert [row.protocol for row in await engine.client.list_pathways()] == ["kap-default:2027.01-1"]
    journal = await hand.journal()
    derived = state_at(journal, varied({"version": "1999.01-1"}), hand.id, None)
    assert (derived.version, derived.protocol.version) == (receipt.version, "2027.01-1")


async def test_a_moved_pathway_continues_as_new_under_its_version(engine: Engine) -> None:
    hand = await engine.start(Tuning(continue_after_commands=3))
    await enrolled(hand)
    await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1", SIGNED))
    await hand.do(SignPreparationNote, Role.THERAPIST)
    await prepared_again(hand)
    assert await hand.runs() > 1
    assert (await hand.status()).protocol == "kap-default:2027.01-1"
    assert await hand.failed_tasks() == 0


async def prepared_again(hand: Hand) -> None:
    """Anything that takes a few commands."""
    for number in range(4):
        await hand.do(MoveProtocol, Role.PHYSICIAN, **version(f"2027.02-{number}"))
    await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1"))


async def test_during_a_session_a_dry_run_is_refused_as_the_move_is(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    with pytest.raises(Refused) as caught:
        await preview(hand, **version("2027.01-1"))
    assert caught.value.code == "session_in_progress"
    assert await hand.refused(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1")) == "session_in_progress"


async def test_an_odd_question_hurts_nobody(engine: Engine) -> None:
    hand = await engine.refer()
    other = await stranger(engine.client.temporal, engine.server.keyring)
    with pytest.raises(WorkflowQueryFailedError):
        await other.get_workflow_handle(hand.id).query("preview_move", {"protocol": 7})
    assert (await hand.status()).version > 0


async def test_while_the_journal_is_away_a_second_move_waits(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    async with engine.postgres.outage():
        await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1"))
        assert await hand.refused(MoveProtocol, Role.PHYSICIAN, **version("2027.02-1")) == "move_unwritten"

    async def is_written() -> bool:
        return (await hand.status()).unwritten_events == 0

    await eventually(is_written, timeout=90)
    await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.03-1"))
    assert [event.fact.after for event in await hand.journal() if isinstance(event.fact, ProtocolMoved)] == [
        "kap-default:2027.01-1",
        "kap-default:2027.03-1",
    ]


async def test_workers_that_may_not_refuse_what_nobody_signed(server: Server, postgres: PostgresServer) -> None:
    async with running_engine(server, postgres, workers=False) as engine:
        temporal, settings = server.environment.client, engine.settings
        async with working(temporal, settings):
            hand = await engine.refer()
            await enrolled(hand)
        strict = settings.model_copy(update={"allow_unsigned_protocol": False})
        async with working(temporal, strict):
            assert await hand.refused(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1")) == "protocol_unsigned"
            before = await hand.status()
            assert before.protocol == "kap-default:2026.11-1"
            receipt = await hand.do(MoveProtocol, Role.PHYSICIAN, **version("2027.01-1", SIGNED))
            assert receipt.version > before.version
            assert await hand.failed_tasks() == 0
