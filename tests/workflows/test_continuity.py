"""What must not make a difference: continuing as new, a cancelled workflow, a database or a mail server away."""

from typing import Any

import pytest

from activities.records.journal import verify_chain
from clients.errors import Refused
from schemas.actors import Role
from schemas.commands import (
    AcceptReferral,
    ApproveDosing,
    DiscontinuePathway,
    DismissCancellation,
    RecordMedications,
    SignPreparationNote,
)
from schemas.events import Event
from schemas.facts import MessageWithdrawn
from schemas.pathway import Phase
from schemas.start import Tuning
from schemas.work import WorkKind
from tests.support.care import arrived, completed, dosed, enrolled, prepared
from tests.support.engine import TEAM, Engine
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


def told(events: list[Event]) -> list[tuple[Any, ...]]:
    """A journal without what differs between any two pathways: instants, ids and hashes.

    Whether a message whose reason ends at once was sent by then is a matter of milliseconds, too.
    """
    return [
        (event.fact.type, event.actor, event.reason, event.command_id, event.protocol)
        for event in events
        if event.fact.type != "message_withdrawn"
    ]


async def test_continuing_as_new_after_every_command_changes_nothing(engine: Engine) -> None:
    plain = await engine.start(Tuning())
    restless = await engine.start(Tuning(continue_after_commands=1))
    await completed(plain)
    await completed(restless)
    assert await engine.client.result(plain.id)
    await engine.client.result(restless.id)
    assert told(await plain.journal()) == told(await restless.journal())
    assert verify_chain(await restless.journal()) is None
    assert await plain.runs() == 1
    assert await restless.runs() > len(restless.receipts) // 2
    for hand in (plain, restless):
        assert await hand.failed_tasks() == 0


async def test_a_duplicate_gets_the_first_answer_across_continue_as_new(engine: Engine) -> None:
    hand = await engine.start(Tuning(continue_after_commands=1))
    command = hand.command(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    first = await engine.client.do(hand.id, command)
    await hand.do(RecordMedications, Role.PATIENT)
    assert await hand.runs() >= 2
    assert await engine.client.do(hand.id, command) == first
    other = command.model_copy(update={"reason": "Another one."})
    with pytest.raises(Refused) as caught:
        await engine.client.do(hand.id, other)
    assert (caught.value.refusal.code, caught.value.refusal.field) == ("command_id_reused", "command_id")


async def test_a_cancelled_workflow_goes_on_until_a_human_decides(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await hand.workflow.cancel()

    async def noticed() -> bool:
        return WorkKind.REVIEW_CANCELLATION_REQUEST in {item.kind for item in (await hand.status()).work}

    await eventually(noticed)
    assert await hand.is_open()
    await hand.do(DismissCancellation, Role.COORDINATOR)
    await prepared(hand)
    assert (await hand.status()).phase is Phase.SESSION
    await hand.do(DiscontinuePathway, Role.PATIENT)
    closure = await engine.client.result(hand.id)
    assert closure.end == "discontinued"


async def test_care_goes_on_while_postgresql_is_away_and_the_journal_catches_up(engine: Engine) -> None:
    hand = await engine.refer()
    async with engine.postgres.outage():
        await enrolled(hand)
        await hand.do(SignPreparationNote, Role.THERAPIST)
        status = await hand.status()
        assert status.phase is Phase.APPROVAL
        assert status.unwritten_events > 0

    async def caught_up() -> bool:
        return (await hand.status()).unwritten_events == 0

    await eventually(caught_up, timeout=30)
    events = await hand.journal()
    assert verify_chain(events) is None
    assert events[-1].seq == (await hand.status()).version
    receipt = await hand.do(ApproveDosing, Role.PHYSICIAN)
    assert (await hand.journal())[-1].seq >= receipt.version


async def test_mail_waits_for_its_server_and_goes_out_once(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    engine.mail.down()
    await hand.do(SignPreparationNote, Role.THERAPIST)
    assert (await hand.status()).unsent_messages == 1
    await engine.mail.up()

    async def sent() -> bool:
        return (await hand.status()).unsent_messages == 0

    await eventually(sent, timeout=30)
    assert len(engine.mail.to("dr-sage@example.org")) == 1


async def test_a_message_whose_reason_is_gone_is_not_sent(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    engine.mail.down()
    await hand.do(SignPreparationNote, Role.THERAPIST)
    await hand.do(ApproveDosing, Role.PHYSICIAN)
    await hand.wait(minutes=16)
    await engine.mail.up()

    async def dropped() -> bool:
        return (await hand.status()).unsent_messages == 0

    await eventually(dropped, timeout=30)
    assert not engine.mail.to("dr-sage@example.org")
    assert isinstance((await hand.journal())[-1].fact, MessageWithdrawn)
    assert await engine.pool.fetchval("SELECT status FROM messages") == "withdrawn"


async def test_withdrawn_consent_stops_drug_and_the_patient_is_still_looked_after(engine: Engine) -> None:
    hand = await engine.refer()
    await enrolled(hand)
    await prepared(hand)
    await arrived(hand)
    await dosed(hand)
    assert await hand.refused(DiscontinuePathway, Role.PATIENT) == "session_in_progress"
