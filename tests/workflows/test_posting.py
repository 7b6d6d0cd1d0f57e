"""Messages over time: what rests goes out in the morning, and what has lost its reason goes out never."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.actors import Role
from schemas.commands import (
    ApproveDosing,
    CancelSession,
    DiscontinuePathway,
    RevokeApproval,
    ScheduleSession,
    SignPreparationNote,
)
from schemas.messages import Contact, QuietHours
from schemas.start import Tuning
from schemas.views import OutboxRow
from tests.support.care import enrolled, prepared
from tests.support.engine import ZONE, Engine, Hand, an_enrolment
from tests.support.eventually import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def patient(hand: Hand, quiet: QuietHours | None = None) -> None:
    """How the patient of a pathway is reached."""
    moss = Contact(
        id=hand.id, role=Role.PATIENT, name="Moss Tale", email=f"{hand.id}@example.org", zone=ZONE, quiet=quiet
    )
    await hand.engine.people.put(moss)


async def reminder(hand: Hand) -> OutboxRow | None:
    """Where the reminder of the day before stands."""
    rows = await hand.engine.client.outbox(hand.id)
    return next((row for row in rows if row.template == "session_reminder"), None)


async def reminded(hand: Hand, *, resting: timedelta) -> datetime:
    """Booked, and at the hour of the reminder, which falls into quiet hours of so long; returns their end."""
    await enrolled(hand)
    await prepared(hand)
    now = await hand.now()
    starts = datetime.combine(now.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=3), datetime.min.time())
    await hand.do(
        ScheduleSession, Role.COORDINATOR, starts_at=starts.replace(hour=14, tzinfo=ZoneInfo(ZONE)).isoformat()
    )
    ten = starts.replace(hour=10, tzinfo=ZoneInfo(ZONE)) - timedelta(days=1)
    begins = (ten - timedelta(hours=1)).time()
    ends = (ten + resting).time()
    await patient(hand, QuietHours(begins=begins, ends=ends))
    await hand.wait(seconds=(ten - now).total_seconds() + 1)

    async def rests() -> bool:
        row = await reminder(hand)
        return row is not None and row.code == "quiet_hours"

    await eventually(rests)
    return ten + resting


async def test_a_message_at_night_goes_out_in_the_morning_and_once(engine: Engine) -> None:
    hand = await engine.start(Tuning(continue_after_commands=3))
    morning = await reminded(hand, resting=timedelta(hours=3))
    address = f"{hand.id}@example.org"
    before = len(engine.mail.to(address))
    row = await reminder(hand)
    assert row is not None
    assert row.not_before == morning
    attempts = row.attempts
    await hand.wait(hours=2)
    assert len(engine.mail.to(address)) == before
    await hand.wait(hours=1, seconds=1)

    async def sent() -> bool:
        row = await reminder(hand)
        return row is not None and row.status == "sent"

    await eventually(sent)
    (mail,) = engine.mail.to(address)[before:]
    assert mail.message["Subject"] == "Reminder of your appointment"
    row = await reminder(hand)
    assert row is not None
    assert row.attempts == attempts + 1
    assert await hand.failed_tasks() == 0


async def test_a_message_that_rests_is_taken_back_the_moment_its_reason_is_gone(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    await reminded(hand, resting=timedelta(hours=3))
    before = len(engine.mail.mails)
    await hand.do(CancelSession, Role.PATIENT)

    async def withdrawn() -> bool:
        row = await reminder(hand)
        return row is not None and row.status == "withdrawn"

    await eventually(withdrawn)
    await hand.wait(hours=4)
    subjects = [mail.message["Subject"] for mail in engine.mail.mails[before:]]
    assert "Reminder of your appointment" not in subjects


async def test_what_hangs_at_the_mail_server_is_broken_off_when_its_reason_goes(engine: Engine) -> None:
    hand = await engine.start(Tuning())
    await enrolled(hand)
    engine.mail.recipient_replies["dr-sage@example.org"] = "451 4.7.1 try again later"
    await hand.do(SignPreparationNote, Role.THERAPIST)

    async def asked() -> OutboxRow | None:
        rows = await engine.client.outbox(hand.id)
        return next((row for row in rows if row.template == "approval_requested" and row.attempts >= 1), None)

    assert (await eventually(asked)) is not None
    await hand.do(ApproveDosing, Role.PHYSICIAN)

    async def withdrawn() -> bool:
        row = await asked()
        return row is not None and row.status == "withdrawn"

    # At once: no round of attempts is waited for.
    await eventually(withdrawn)
    engine.mail.recipient_replies.clear()
    await hand.do(RevokeApproval, Role.PHYSICIAN)

    def asked_again() -> bool:
        subjects = [mail.message["Subject"] for mail in engine.mail.to("dr-sage@example.org")]
        return "A decision is waiting for you" in subjects

    await eventually(asked_again)

    async def settled() -> bool:  # the mail is there a moment before its row says so
        rows = await engine.client.outbox(hand.id)
        return [row.status for row in rows if row.template == "approval_requested"] == ["sent", "withdrawn"]

    await eventually(settled)
    asked_for = [mail for mail in engine.mail.to("dr-sage@example.org") if "decision" in str(mail.message["Subject"])]
    assert len(asked_for) == 1


@pytest.mark.parametrize("before", [False, True], ids=["protocol of now", "protocol without rules of messages"])
async def test_what_is_under_way_is_taken_back_when_the_pathway_closes(engine: Engine, before: bool) -> None:
    enrolment = an_enrolment()
    if before:
        enrolment = enrolment.model_copy(update={"protocol": enrolment.protocol.model_copy(update={"messages": None})})
    hand = await engine.start(Tuning(), enrolment=enrolment)
    await enrolled(hand)
    engine.mail.recipient_replies["dr-sage@example.org"] = "451 4.7.1 try again later"
    await hand.do(SignPreparationNote, Role.THERAPIST)

    async def row() -> OutboxRow | None:
        rows = await engine.client.outbox(hand.id)
        return next((one for one in rows if one.template == "approval_requested" and one.attempts >= 1), None)

    await eventually(row)
    await hand.do(DiscontinuePathway, Role.PHYSICIAN)

    async def closed() -> bool:
        return not await hand.is_open()

    await eventually(closed)
    engine.mail.recipient_replies.clear()
    last = await row()
    assert last is not None
    assert last.status == "withdrawn"
