"""The client against the real engine: every way of getting no answer is one exception with a stable code."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from activities.keyring import create_keyring
from clients.client import KapClient, intake_id
from clients.errors import Refused
from schemas.actors import Role
from schemas.commands import AcceptReferral, CaptureInsight, DeclineReferral
from schemas.pathway import End, Phase
from schemas.records import TaskQueue
from schemas.referral import IntakeStatus
from tests.support.dev_server import clientele
from tests.support.engine import ACTORS, TEAM, Engine, Server, a_referral, movable_server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from workers.main import working

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with movable_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine(server: Server, postgres: PostgresServer) -> AsyncIterator[Engine]:
    async with running_engine(server, postgres) as running:
        yield running


def insight(number: int = 1) -> CaptureInsight:
    return CaptureInsight(command_id=f"insight-{number}", actor=ACTORS[Role.THERAPIST], insight="I can put it down.")


def impatient(engine: Engine, seconds: float = 1.0) -> KapClient:
    """A client of the same engine that gives up soon."""
    return KapClient(
        engine.client.temporal, engine.server.keyring, database_url=engine.settings.database_url, timeout=seconds
    )


async def _listed(engine: Engine, pathway: str) -> bool:
    """Whether the journal has reached the read model; a receipt does not wait for it."""
    return pathway in [row.pathway_id for row in await engine.client.list_pathways()]


@pytest.mark.parametrize("pathway", ["p-nobody", "", "not an id", "../etc", "p" * 200, "intake-abc"])
async def test_unknown_pathway_is_told_by_every_question(engine: Engine, pathway: str) -> None:
    for question in (
        engine.client.status(pathway),
        engine.client.do(pathway, insight()),
        engine.client.journal(pathway),
        engine.client.result(pathway, timeout=5),
    ):
        with pytest.raises(Refused) as refused:
            await question
        assert (refused.value.code, refused.value.refusal.field) == ("unknown_pathway", "pathway")


async def test_intake_is_no_pathway(engine: Engine) -> None:
    referral = a_referral()
    await engine.client.refer(referral)
    with pytest.raises(Refused, match="unknown_pathway"):
        await engine.client.do(intake_id(engine.server.keyring, referral), insight())


async def test_closed_pathway_takes_no_command_and_keeps_its_result(engine: Engine) -> None:
    hand = await engine.refer()
    await hand.do(DeclineReferral, Role.COORDINATOR)
    closure = await engine.client.result(hand.id, timeout=10)
    with pytest.raises(Refused) as refused:
        await engine.client.do(hand.id, insight())
    assert refused.value.code == "pathway_closed"
    status = await engine.client.status(hand.id)
    assert (closure.end, status.closure, status.phase) == (End.DECLINED, closure, Phase.CLOSED)


async def test_workflow_ended_by_force_has_no_outcome_and_takes_no_command(engine: Engine) -> None:
    hand = await engine.refer()
    assert await hand.phase() is Phase.REFERRAL
    await hand.workflow.terminate("An operator's mistake.")
    with pytest.raises(Refused, match="ended_by_force"):
        await engine.client.result(hand.id, timeout=10)
    with pytest.raises(Refused, match="pathway_closed"):
        await engine.client.do(hand.id, insight())
    assert (await engine.client.status(hand.id)).closure is None


async def test_same_referral_sent_at_once_is_one_pathway(engine: Engine) -> None:
    referral = a_referral()
    receipts = await asyncio.gather(*(engine.client.refer(referral) for _ in range(5)))
    assert len(set(receipts)) == 1
    assert receipts[0].status is IntakeStatus.OPENED
    assert await engine.client.refer(referral) == receipts[0]
    other = await engine.client.refer(referral.model_copy(update={"referral_id": "another-number"}))
    assert (other.pathway_id, other.status) == (receipts[0].pathway_id, IntakeStatus.ALREADY_OPEN)


async def test_intake_id_tells_nothing_and_depends_on_sender_and_number(server: Server, tmp_path: Path) -> None:
    referral = a_referral(referral_id="r-1", sender="fern-practice")
    first = intake_id(server.keyring, referral)
    assert first == intake_id(server.keyring, referral.model_copy(update={"concern": "Another concern."}))
    others = [referral.model_copy(update=change) for change in ({"referral_id": "r-2"}, {"sender": "moss-practice"})]
    ids = {intake_id(server.keyring, other) for other in others}
    ids.add(intake_id(create_keyring(tmp_path / "other.json"), referral))
    assert len(ids | {first}) == 4
    assert "r-1" not in first
    assert "fern" not in first


async def test_many_commands_at_once_are_all_answered(engine: Engine) -> None:
    """The server takes ten updates of a workflow at a time; the others wait instead of failing."""
    hand = await engine.refer()
    commands = [insight(number) for number in range(40)]
    answers = await asyncio.gather(*(engine.client.do(hand.id, c) for c in commands), return_exceptions=True)
    assert {answer.code if isinstance(answer, Refused) else answer for answer in answers} == {"no_session"}


async def test_without_workers_the_answer_stays_away_and_the_command_counts_once(
    server: Server, postgres: PostgresServer
) -> None:
    async with running_engine(server, postgres, workers=False) as idle:
        async with working(idle.client.temporal, idle.settings, tuple(TaskQueue)):
            hand = await idle.refer()
        command = hand.command(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
        with pytest.raises(Refused) as refused:
            await impatient(idle).do(hand.id, command)
        assert refused.value.code == "timeout"
        assert refused.value.refusal.facts["command_id"] == command.command_id
        with pytest.raises(Refused) as refused:
            await impatient(idle).status(hand.id)
        assert refused.value.code in {"timeout", "workers_unreachable"}
        with pytest.raises(Refused, match="timeout"):
            await impatient(idle).refer(a_referral())
        async with working(idle.client.temporal, idle.settings, tuple(TaskQueue)):
            receipt = await idle.client.do(hand.id, command)
            assert receipt == await idle.client.do(hand.id, command)
            assert (await idle.client.status(hand.id)).version == receipt.version


async def test_cancelled_caller_is_cancelled_and_not_refused(server: Server, postgres: PostgresServer) -> None:
    async with running_engine(server, postgres, workers=False) as idle:
        async with working(idle.client.temporal, idle.settings, tuple(TaskQueue)):
            hand = await idle.refer()
        for question in (idle.client.do(hand.id, insight()), idle.client.status(hand.id)):
            asked = asyncio.ensure_future(question)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(asked), 0.5)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked


async def test_other_keys_read_nothing_and_command_nothing(engine: Engine, tmp_path: Path) -> None:
    hand = await engine.refer()
    before = await hand.status()
    other = create_keyring(tmp_path / "other.json")
    stranger = KapClient(
        await clientele(engine.client.temporal, other), other, database_url=engine.settings.database_url
    )
    # Even the refusal of what the stranger sent is sealed by the workers' key.
    for question in (stranger.status(hand.id), stranger.do(hand.id, insight())):
        with pytest.raises(Refused) as refused:
            await question
        assert refused.value.code == "unexpected_answer"
    await eventually(lambda: _listed(engine, hand.id))
    with pytest.raises(Refused) as refused:
        await stranger.journal(hand.id)
    assert refused.value.code == "journal_damaged"
    assert (await hand.status()).version == before.version
    await stranger.close()


async def test_database_away_is_told_and_care_goes_on(engine: Engine) -> None:
    hand = await engine.refer()
    await eventually(lambda: _listed(engine, hand.id))
    async with engine.postgres.outage():
        for question in (
            engine.client.list_pathways(),
            engine.client.worklist(Role.PHYSICIAN),
            engine.client.journal(hand.id),
            engine.client.list_people(),
        ):
            with pytest.raises(Refused) as refused:
                await question
            assert refused.value.code == "database_unreachable"
        receipt = await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
        assert receipt.phase is Phase.SCREENING


async def test_read_model_answers_in_the_order_of_risk(engine: Engine) -> None:
    hand = await engine.refer()
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    rows = await engine.client.worklist(Role.PHYSICIAN, TEAM.physician_id)
    assert [(row.pathway_id, row.kind.value) for row in rows] == [(hand.id, "decide_screening")]
    assert await engine.client.worklist(Role.PHYSICIAN, "somebody-else") == []
    view = await engine.client.journal(hand.id)
    assert (view.broken_at, len(view.events)) == (None, hand.receipts[-1].version)
