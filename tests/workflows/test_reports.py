"""Reports of a provider over HTTP: signed ones change where a message stands, and what came back goes another way."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from activities.outreach.reports import Reports
from clients.callbacks import callbacks_app
from clients.client import KapClient
from schemas.actors import Role
from schemas.commands import CancelSession, DiscontinuePathway
from schemas.start import Tuning
from schemas.views import OutboxRow
from tests.support.care import booked, enrolled, prepared
from tests.support.engine import Engine, Hand
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = f"whsec_{base64.b64encode(b'secret of the tests, invented').decode()}"


class Vendor:
    """A provider that reports."""

    def __init__(self, engine: Engine, client: KapClient | None = None) -> None:
        app = callbacks_app(Reports(engine.pool, engine.people), client or engine.client, SECRET)
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://callbacks.example")

    async def says(self, **report: str) -> tuple[int, dict[str, str]]:
        """Report something, signed."""
        body = json.dumps(report)
        now = datetime.now(UTC)
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
        }
        return await self.posts(body, headers)

    async def posts(self, body: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
        answer = await self._http.post("/reports", content=body, headers=headers)
        return answer.status_code, answer.json()


async def invited(engine: Engine) -> tuple[Hand, str]:
    """Booked, and the patient was sent the invitation; returns its Message-ID."""
    hand = await engine.start(Tuning())
    await enrolled(hand)
    await prepared(hand)
    await booked(hand)
    address = f"{hand.id}@example.org"
    await eventually(lambda: bool(engine.mail.to(address)))

    async def settled() -> bool:
        return (await hand.status()).unsent_messages == 0

    await eventually(settled)
    return hand, str(engine.mail.to(address)[-1].message["Message-ID"])


async def invitation(hand: Hand) -> OutboxRow:
    """Where the patient's invitation stands."""
    rows = await hand.engine.client.outbox(hand.id)
    return next(row for row in rows[::-1] if row.template == "appointment" and row.to_role is Role.PATIENT)


async def test_a_message_that_comes_back_goes_by_the_next_channel_once(engine: Engine) -> None:
    hand, reference = await invited(engine)
    vendor = Vendor(engine)
    assert await vendor.says(type="message.delivered", reference=reference) == (202, {"outcome": "noted"})
    assert await vendor.says(type="message.bounced", reference=reference) == (202, {"outcome": "next_channel"})

    async def in_portal() -> bool:
        return (await invitation(hand)).channel == "portal"

    await eventually(in_portal)
    row = await invitation(hand)
    assert [(one.channel, one.status) for one in row.channels] == [("email", "failed"), ("portal", "taken")]
    (entry,) = await engine.client.inbox(hand.id)
    assert entry.subject.startswith("Appointment: ")
    assert await vendor.says(type="message.bounced", reference=reference) == (202, {"outcome": "noted"})
    assert len(engine.mail.to(f"{hand.id}@example.org")) == 1
    assert await hand.failed_tasks() == 0


async def test_what_comes_back_after_its_reason_is_gone_goes_nowhere(engine: Engine) -> None:
    hand, reference = await invited(engine)
    await hand.do(CancelSession, Role.PATIENT)
    answer = await Vendor(engine).says(type="message.failed", reference=reference)
    assert answer == (202, {"outcome": "next_channel"})

    async def withdrawn() -> bool:
        return (await invitation(hand)).status == "withdrawn"

    await eventually(withdrawn)
    assert await engine.client.inbox(hand.id) == []


async def test_what_comes_back_to_a_closed_pathway_is_given_up(engine: Engine) -> None:
    hand, reference = await invited(engine)
    await hand.do(DiscontinuePathway, Role.PHYSICIAN)

    async def closed() -> bool:
        return not await hand.is_open()

    if not await closed():
        await hand.workflow.terminate()
    answer = await Vendor(engine).says(type="message.bounced", reference=reference)
    assert answer == (202, {"outcome": "noted"})
    assert (await invitation(hand)).status == "undeliverable"


async def test_only_what_is_signed_and_understood_is_taken(engine: Engine) -> None:
    vendor = Vendor(engine)
    body = json.dumps({"type": "message.replied", "sender": "+13035550100", "text": "STOP"})
    now = datetime.now(UTC)
    right = Webhook(SECRET).sign("msg_1", now, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": right}
    for changed in (
        {"webhook-id": "msg_2"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "yesterday"},
    ):
        status, answer = await vendor.posts(body, headers | changed)
        assert (status, answer["code"]) == (401, "signature_invalid"), changed
    assert (await vendor.posts(body, {}))[0] == 401
    assert (await vendor.posts("x" * 70_000, headers))[0] == 413
    for report in ({"type": "message.opened"}, {"type": "message.replied", "sender": "555"}, {"kind": "x"}):
        status, answer = await vendor.says(**report)
        assert (status, answer["code"]) == (400, "malformed_report"), report
    assert await vendor.posts(body, headers) == (202, {"outcome": "unknown"})
    assert await vendor.says(type="message.replied") == (202, {"outcome": "not_understood"})
    assert await vendor.says(type="message.bounced") == (202, {"outcome": "unknown"})
