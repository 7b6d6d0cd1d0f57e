"""What a therapist of another practice is told: only while the patient's release of information stands."""

from typing import Any

import pytest

from schemas.actors import Role
from schemas.commands import AcceptReferral, RecordConsent, RecordCredentials, WithdrawConsent
from schemas.start import Tuning
from tests.support.care import CREDENTIALS, booked, prepared, screened
from tests.support.engine import TEAM, Engine, Hand
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

KIND = "release_of_information"
THERAPIST = "th-fern@example.org"


async def released(hand: Hand, *scope: str) -> None:
    values: dict[str, Any] = {"kind": KIND, "acknowledged": [], "recipient": TEAM.therapist_id, "scope": scope}
    await hand.do(RecordConsent, Role.PATIENT, **values)


async def with_another_practice(engine: Engine) -> Hand:
    """Prepared and approved; the therapist works elsewhere, and is released everything."""
    hand = await engine.start(Tuning(continue_after_commands=5))
    team = {**TEAM.model_dump(), "therapist_practice_id": "fern-practice"}
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=team)
    for credentials in CREDENTIALS:
        more = {"malpractice_until": "2099-12-31", "references_checked": True}
        await hand.do(RecordCredentials, Role.COORDINATOR, credentials={**credentials, **more})
    await screened(hand)
    await hand.do(RecordConsent, Role.PATIENT)
    await released(hand, "scheduling", "dose_plan", "safety")
    await prepared(hand)
    return hand


async def withheld(hand: Hand) -> int:
    return (await hand.status()).withheld_messages


async def test_a_release_that_is_taken_back_stops_the_next_message_at_once(engine: Engine) -> None:
    hand = await with_another_practice(engine)
    engine.mail.recipient_replies[THERAPIST] = "451 4.7.1 try again later"
    await booked(hand)

    async def tried() -> bool:
        return any(row.template == "appointment" and row.attempts for row in await engine.client.outbox(hand.id))

    await eventually(tried)
    before = len(engine.mail.to(THERAPIST))
    await hand.do(WithdrawConsent, Role.PATIENT, kind=KIND)
    assert await withheld(hand) >= 1
    await hand.wait(minutes=1)  # no time passes while an attempt is under way: it is broken off by then
    engine.mail.recipient_replies.clear()
    await hand.wait(minutes=20)
    assert len(engine.mail.to(THERAPIST)) == before
    # To know what, and not when, is not to be told of appointments.
    await released(hand, "dose_plan")
    assert await withheld(hand) >= 1
    await hand.do(WithdrawConsent, Role.PATIENT, kind=KIND)
    await released(hand, "scheduling", "dose_plan")

    def told() -> bool:
        return len(engine.mail.to(THERAPIST)) > before

    await eventually(told, timeout=30)
    assert await withheld(hand) == 0
    assert await hand.failed_tasks() == 0
