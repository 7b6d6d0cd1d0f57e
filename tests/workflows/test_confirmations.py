"""Replies to texts: CONFIRM reaches the pathway and holds for one appointment; STOP and START hold for texts alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import Client

from activities.outreach.reports import Reports
from clients.client import KapClient
from clients.confirming import tell_again
from schemas.actors import Role
from schemas.commands import CancelSession, RecordPatientContact, ScheduleSession
from schemas.messages import Channel, Contact
from schemas.start import Tuning
from schemas.views import OutboxRow
from schemas.work import WorkKind
from tests.support.care import arrived, booked, discharged, dosed, enrolled, prepared
from tests.support.engine import ZONE, Engine, Hand, Server, running_engine
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.provider import TOKEN, ProviderServer, serving
from tests.workflows.test_reports import Vendor
from workers.plugin import plumbing

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHONE = "+13035550100"


@pytest_asyncio.fixture(loop_scope="module")
async def texting() -> AsyncIterator[ProviderServer]:
    """A provider for one test."""
    async with serving(ProviderServer(), "/messages") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def engine(server: Server, postgres: PostgresServer, texting: ProviderServer) -> AsyncIterator[Engine]:
    """As for every test here, and a provider of texts."""
    async with running_engine(server, postgres, provider_url=texting.url, provider_token=TOKEN) as running:
        yield running


async def invited(engine: Engine, texting: ProviderServer) -> tuple[Hand, str]:
    """Booked, and the patient was told so by text; returns the provider's reference."""
    hand = await engine.start(Tuning())
    moss = Contact(
        id=hand.id,
        role=Role.PATIENT,
        name="Moss Tale",
        email=f"{hand.id}@example.org",
        zone=ZONE,
        phone=PHONE,
        channels=(Channel.SMS,),
    )
    await engine.people.put(moss)
    await enrolled(hand)
    await prepared(hand)
    await booked(hand)
    return hand, await texted(hand, texting)


async def texted(hand: Hand, texting: ProviderServer, count: int = 1) -> str:
    """Wait for so many texts about appointments; returns the reference of the last one."""

    async def known() -> bool:
        rows = [row for row in await hand.engine.client.outbox(hand.id) if told(row)]
        return len(rows) == count and all(row.status == "sent" for row in rows)

    await eventually(known)
    return str([one for one in texting.to(PHONE) if "ppointment" in one["text"]][-1]["reference"])


def told(row: OutboxRow) -> bool:
    """Whether a row tells the patient of an appointment."""
    return (row.template, row.to_role) == ("appointment", Role.PATIENT)


async def session(hand: Hand) -> tuple[bool, int]:
    """Whether the patient has confirmed the session, and the pathway's version."""
    status = await hand.status()
    return status.session is not None and status.session.confirmed_at is not None, status.version


async def said_of(hand: Hand) -> list[tuple[str | None, str | None, bool]]:
    """What became of each CONFIRM, the newest message first."""
    rows = await hand.engine.client.outbox(hand.id)
    return [(row.confirmation, row.confirmation_code, row.confirmed_at is not None) for row in rows if row.confirmation]


async def reply(vendor: Vendor, text: str, **more: str) -> str:
    status, answer = await vendor.says(type="message.replied", sender=PHONE, text=text, **more)
    assert status == 202, answer
    return answer["outcome"]


async def test_confirm_is_known_to_the_pathway_once(engine: Engine, texting: ProviderServer) -> None:
    hand, reference = await invited(engine, texting)
    assert "Reply CONFIRM" in texting.to(PHONE)[-1]["text"]
    vendor = Vendor(engine)
    allowed = (await hand.status()).checks
    _, before = await session(hand)
    assert await reply(vendor, "CONFIRM") == "confirmed"
    assert await session(hand) == (True, before + 1)
    for said in ({}, {"reference": reference}):
        assert await reply(vendor, "confirmar", **said) == "confirmed"
    assert await session(hand) == (True, before + 1)
    last = (await hand.journal())[-1]
    assert last.actor is not None
    assert (last.fact.type, last.actor.id, last.actor.role) == ("appointment_confirmed", hand.id, Role.PATIENT)
    assert (await hand.status()).checks == allowed, "it clears nothing"
    assert await said_of(hand) == [("taken", None, True)]
    assert await hand.failed_tasks() == 0


async def test_confirm_to_an_appointment_that_was_moved_or_cancelled_holds_for_none(
    engine: Engine, texting: ProviderServer
) -> None:
    hand, first = await invited(engine, texting)
    vendor = Vendor(engine)
    later = await hand.now() + timedelta(days=9)
    await hand.do(ScheduleSession, Role.COORDINATOR, starts_at=later.isoformat())
    second = await texted(hand, texting, 2)
    assert await reply(vendor, "CONFIRM", reference=first) == "not_confirmed"
    assert (await session(hand))[0] is False
    assert await said_of(hand) == [("refused", "appointment_moved", False)]
    assert await reply(vendor, "CONFIRM") == "confirmed"
    assert (await session(hand))[0] is True
    await hand.do(CancelSession, Role.COORDINATOR)
    await texted(hand, texting, 3)
    assert await reply(vendor, "CONFIRM") == "not_confirmed"
    assert await reply(vendor, "CONFIRM", reference=second) == "not_confirmed"
    codes = [
        ("refused", "appointment_cancelled", False),
        ("taken", None, True),
        ("refused", "appointment_moved", False),
    ]
    assert await said_of(hand) == codes
    assert (await hand.status()).session is None


async def test_confirm_to_a_pathway_that_has_ended_is_recorded_and_not_told_again(
    engine: Engine, texting: ProviderServer
) -> None:
    hand, _ = await invited(engine, texting)
    await hand.workflow.terminate()
    assert await reply(Vendor(engine), "CONFIRM") == "not_confirmed"
    assert await said_of(hand) == [("refused", "pathway_closed", False)]


@asynccontextmanager
async def unreachable(engine: Engine) -> AsyncIterator[KapClient]:
    """A client of a server that is not there."""
    nobody = await Client.connect("127.0.0.1:1", lazy=True, plugins=[plumbing(engine.server.keyring)])
    client = KapClient(nobody, engine.server.keyring, timeout=0.5)
    try:
        yield client
    finally:
        await client.close()


async def test_confirm_while_no_engine_answers_is_kept_and_told_when_it_does(
    engine: Engine, texting: ProviderServer
) -> None:
    hand, _ = await invited(engine, texting)
    reports = Reports(engine.pool, engine.people)
    async with unreachable(engine) as client:
        for _ in range(2):
            assert await reply(Vendor(engine, client), "CONFIRM") == "kept"
        again = asyncio.create_task(tell_again(reports.confirmations, client, every=0.1))
        await asyncio.wait([again], timeout=1)
        assert not again.done(), "it goes on"
        again.cancel()
    assert await said_of(hand) == [("waiting", None, False)]
    again = asyncio.create_task(tell_again(reports.confirmations, engine.client, every=0.1))

    async def known() -> bool:
        return (await session(hand))[0]

    try:
        await eventually(known)
        await eventually(lambda: said_of(hand))
        assert await reports.confirmations.waiting() == []
    finally:
        again.cancel()
    assert await said_of(hand) == [("taken", None, True)]


async def test_stop_and_start_hold_for_texts_and_never_silence_the_safety_path(
    engine: Engine, texting: ProviderServer
) -> None:
    hand, _ = await invited(engine, texting)
    vendor = Vendor(engine)
    for text, outcome in (("STOP", "opted_out"), ("start", "opted_in"), ("Alto", "opted_out")):
        assert await reply(vendor, text) == outcome
    texts = len(texting.to(PHONE))
    await arrived(hand)
    await dosed(hand)
    await discharged(hand)
    await hand.wait(days=1)

    async def unreached() -> bool:
        rows = [row for row in await engine.client.outbox(hand.id) if row.template == "checkin_due"]
        return [(row.status, row.code) for row in rows if row.to_role is Role.PATIENT] == [
            ("undeliverable", "not_reached")
        ]

    await eventually(unreached)
    assert len(texting.to(PHONE)) == texts
    owed = [item.kind for item in (await hand.status()).work if item.owner_role is not Role.PATIENT]
    assert WorkKind.HOLD_CHECKIN in owed, "a human asks after the patient"

    async def somebody_is_to_reach_them() -> bool:
        return WorkKind.REACH_PATIENT in {item.kind for item in (await hand.status()).work}

    await eventually(somebody_is_to_reach_them)
    await hand.do(RecordPatientContact, Role.COORDINATOR, reached=False)
    assert await somebody_is_to_reach_them()
    await hand.do(RecordPatientContact, Role.COORDINATOR)
    assert not await somebody_is_to_reach_them()
    assert await reply(vendor, "START") == "opted_in"
