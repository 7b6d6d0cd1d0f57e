"""Several channels and a fallback: on real SMTP, a real HTTP provider and a real PostgreSQL, through their failures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.outreach.confirmations import Confirmation
from activities.outreach.delivery import NOT_REACHED, Outreach
from activities.outreach.inbox import Inbox, InboxDamaged, read_inbox
from activities.outreach.mail import Mailer
from activities.outreach.ports import Carrier
from activities.outreach.provider import LONGEST_WAIT_SECONDS, Provider, seconds_to_wait
from activities.outreach.reports import Reopened, Reports
from activities.outreach.texts import TELLING
from activities.records.people import People
from activities.records.read_model import outbox
from schemas.actors import Role
from schemas.messages import (
    NOT_BY,
    Appointment,
    Channel,
    Contact,
    Delivery,
    DeliveryRules,
    DeliveryStatus,
    DigestCounts,
    MessageBatch,
    MessageRequest,
    QuietHours,
    Template,
)
from schemas.reports import Outcome
from tests.support.protocols import packaged
from tests.support.provider import TOKEN, ProviderServer
from tests.support.smtp import HOST, MailServer

pytest_plugins = ["tests.support.postgres", "tests.support.smtp", "tests.support.provider"]

CIPHER = Cipher(Keyring.in_memory())
NOON = datetime(2027, 1, 12, 19, tzinfo=UTC)
"""Noon in Denver."""

NIGHT = datetime(2027, 1, 13, 5, tzinfo=UTC)
"""Ten in the evening there."""

MORNING = datetime(2027, 1, 13, 15, tzinfo=UTC)
"""Eight in the morning after it."""

EMAIL, SMS, PUSH, PORTAL = Channel.EMAIL, Channel.SMS, Channel.PUSH, Channel.PORTAL
PHONE = "+13035550100"
MOSS = Contact(
    id="P-1",
    role=Role.PATIENT,
    name="Moss Tale",
    email="moss@example.org",
    zone="America/Denver",
    phone=PHONE,
    device="device-1",
    channels=(SMS, EMAIL),
)
MESSAGES = packaged().messages


def rules(now: datetime = NOON, **changes: object) -> DeliveryRules:
    assert MESSAGES is not None
    most = int(MESSAGES.most_per_day.value)
    known = DeliveryRules(now=now, quiet=MESSAGES.quiet, most_per_day=most)
    return known.model_copy(update=changes)


def message(
    message_id: str = "E1-M1", template: Template = Template.INTEGRATION_DUE, **changes: object
) -> MessageRequest:
    made = MessageRequest(
        id=message_id, template=template, to_role=Role.PATIENT, to_id="P-1", about="W3", at=NOON + timedelta(days=1)
    )
    return made.model_copy(update=changes)


def went(message_id: str, by: Channel) -> Delivery:
    return Delivery(message_id=message_id, status=DeliveryStatus.SENT, channel=by)


@dataclass
class Ways:
    """Every channel there is."""

    mail: MailServer
    provider: ProviderServer
    pool: Pool
    timeout: float = 5.0
    people: People = field(init=False)

    def __post_init__(self) -> None:
        self.people = People(self.pool, CIPHER)

    async def deliver(self, *messages: MessageRequest, by: DeliveryRules | None = None) -> tuple[Delivery, ...]:
        provider = Provider(self.provider.url, TOKEN, timeout=self.timeout)
        carriers: dict[Channel, Carrier] = {
            EMAIL: Mailer(HOST, self.mail.port, "care-team@clinic.example", timeout=self.timeout),
            SMS: provider.by(SMS),
            PUSH: provider.by(PUSH),
            PORTAL: Inbox(CIPHER),
        }
        outreach = Outreach(self.pool, self.people, carriers, "https://portal.example.org")
        batch = MessageBatch(pathway_id="P-1", messages=messages, rules=by or rules())
        return await ActivityEnvironment().run(outreach.deliver_messages, batch)

    async def open_still(self, *messages: MessageRequest, by: DeliveryRules | None = None) -> ApplicationError:
        """Deliver in vain."""
        with pytest.raises(ApplicationError) as raised:
            await self.deliver(*messages, by=by)
        assert not raised.value.non_retryable
        return raised.value

    @property
    def in_effect(self) -> int:
        """Messages that reached anybody by open channels."""
        return len(self.mail.mails) + len(self.provider.messages)


@pytest.fixture
async def ways(mail_server: MailServer, provider: ProviderServer, pool: Pool) -> Ways:
    ways = Ways(mail_server, provider, pool)
    await ways.people.put(MOSS)
    return ways


async def test_the_preferred_channel_comes_first_and_one_is_enough(ways: Ways) -> None:
    assert await ways.deliver(message()) == (went("E1-M1", SMS),)
    (text,) = ways.provider.messages
    assert (text["channel"], text["to"]) == ("sms", PHONE)
    assert text["text"] == ("Your follow-up visit: https://portal.example.org/p/P-1/W3 Reply STOP to end texts.")
    assert ways.mail.mails == []


async def test_push_goes_to_the_device(ways: Ways) -> None:
    await ways.people.put(MOSS.model_copy(update={"channels": (PUSH,)}))
    assert await ways.deliver(message()) == (went("E1-M1", PUSH),)
    (push,) = ways.provider.messages
    assert (push["channel"], push["to"]) == ("push", "device-1")
    assert "STOP" not in push["text"]


async def test_nobodys_telephone_buzzes_for_something_to_read(ways: Ways) -> None:
    await ways.people.put(MOSS.model_copy(update={"channels": (SMS, PUSH)}))
    assert await ways.deliver(message(template=Template.EDUCATION)) == (went("E1-M1", PORTAL),)
    await ways.people.put(MOSS.model_copy(update={"channels": (SMS, EMAIL)}))
    assert await ways.deliver(message("E1-M2", Template.EDUCATION)) == (went("E1-M2", EMAIL),)
    assert not ways.provider.messages


@pytest.mark.parametrize("template", sorted(set(Template) - NOT_BY.keys()))
@pytest.mark.parametrize("channel", [SMS, PUSH])
async def test_short_messages_tell_nothing_and_fit(ways: Ways, template: Template, channel: Channel) -> None:
    await ways.people.put(MOSS.model_copy(update={"channels": (channel,)}))
    counts = DigestCounts(open=1, overdue=0, today=0) if template is Template.DIGEST else None
    assert await ways.deliver(message(template=template, digest=counts)) == (went("E1-M1", channel),)
    (text,) = ways.provider.messages
    assert TELLING.search(text["text"].replace("https://portal.example.org/p/P-1/W3", "")) is None
    assert "Moss" not in text["text"]
    assert len(text["text"]) <= 160


async def test_a_number_that_does_not_exist_leads_to_the_next_channel(ways: Ways) -> None:
    ways.provider.replies.append((422, {}))
    assert await ways.deliver(message()) == (went("E1-M1", EMAIL),)
    assert len(ways.mail.mails) == 1
    (row,) = await outbox(ways.pool, "P-1")
    assert [(one.channel, one.status, one.code) for one in row.channels] == [
        (SMS, "failed", "provider_refused"),
        (EMAIL, "taken", None),
    ]


async def test_when_all_else_fails_it_waits_in_the_portal_and_can_be_read_there(ways: Ways) -> None:
    ways.provider.replies.append((400, {}))
    ways.mail.recipient_replies[MOSS.email] = "550 5.1.1 no such user"
    assert await ways.deliver(message()) == (went("E1-M1", PORTAL),)
    (entry,) = await read_inbox(ways.pool, CIPHER, "P-1")
    assert entry.subject == "Your follow-up visit"
    assert "https://portal.example.org/p/P-1/W3" in entry.body
    sealed = await ways.pool.fetchval("SELECT sealed FROM inbox")
    assert b"follow-up" not in sealed
    await ways.pool.execute("UPDATE inbox SET sealed = sealed || '\\x00'")
    with pytest.raises(InboxDamaged):
        await read_inbox(ways.pool, CIPHER, "P-1")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 401, 404, 408])
async def test_what_passes_is_waited_for_and_then_it_is_one_message(ways: Ways, status: int) -> None:
    ways.provider.replies.append((status, {}))
    error = await ways.open_still(message())
    assert error.type == "provider_unavailable"
    assert ways.in_effect == 0
    assert await ways.deliver(message()) == (went("E1-M1", SMS),)
    assert ways.in_effect == 1


async def test_a_provider_that_asks_for_patience_gets_it(ways: Ways) -> None:
    ways.provider.replies.append((429, {"Retry-After": "37"}))
    error = await ways.open_still(message())
    assert error.next_retry_delay == timedelta(seconds=37)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("0", 0.0),
        ("37", 37.0),
        ("99999999999", LONGEST_WAIT_SECONDS),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", LONGEST_WAIT_SECONDS),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds


@pytest.mark.parametrize("conflict", [True, False])
async def test_a_message_that_was_taken_without_an_answer_is_one_message(ways: Ways, conflict: bool) -> None:
    ways.provider.loses_answer, ways.provider.conflict_on_repeat = 2, conflict
    for _ in range(2):
        await ways.open_still(message())
    assert await ways.deliver(message()) == (went("E1-M1", SMS),)
    assert ways.provider.requests == 3
    assert ways.in_effect == 1


async def test_a_provider_that_keeps_silent_is_given_up_in_time_and_asked_again(ways: Ways) -> None:
    ways.provider.pause, ways.timeout = asyncio.Event(), 0.3
    urgent = message(template=Template.CHECKIN_DUE)
    # In doubt, even what is pressing waits for the same channel: only it knows whether the message is out.
    assert (await ways.open_still(urgent)).type == "provider_unavailable"
    ways.provider.pause.set()
    ways.provider.pause = None
    ways.timeout = 5.0
    assert await ways.deliver(urgent) == (went("E1-M1", SMS),)
    assert ways.in_effect == 1


async def test_what_is_pressing_does_not_wait_for_a_channel_that_is_down(ways: Ways) -> None:
    ways.provider.replies.append((429, {}))
    assert await ways.deliver(message(template=Template.CHECKIN_DUE)) == (went("E1-M1", EMAIL),)
    ways.provider.replies.append((429, {}))
    assert await ways.deliver(message("E1-M2", urgent=True)) == (went("E1-M2", EMAIL),)
    ways.provider.replies.append((429, {}))
    assert (await ways.open_still(message("E1-M3"))).type == "provider_unavailable"


async def test_an_opt_out_is_kept_and_the_next_channel_is_used(ways: Ways) -> None:
    await ways.people.put(MOSS.model_copy(update={"opted_out": (SMS,)}))
    assert await ways.deliver(message()) == (went("E1-M1", EMAIL),)
    await ways.pool.execute("INSERT INTO channel_opt_outs (person_id, channel) VALUES ('P-1', 'email')")
    assert await ways.deliver(message("E1-M2")) == (went("E1-M2", PORTAL),)
    assert ways.in_effect == 1


async def test_an_opt_out_never_silences_the_safety_path(ways: Ways) -> None:
    await ways.people.put(MOSS.model_copy(update={"opted_out": (SMS, EMAIL)}))
    (answer,) = await ways.deliver(message(template=Template.CHECKIN_DUE))
    assert (answer.status, answer.code) == (DeliveryStatus.UNDELIVERABLE, NOT_REACHED)
    assert ways.in_effect == 0
    assert len(await read_inbox(ways.pool, CIPHER, "P-1")) == 1
    assert await ways.deliver(message(template=Template.CHECKIN_DUE)) == (answer,)


async def test_without_the_patients_agreement_open_channels_stay_closed(ways: Ways) -> None:
    assert await ways.deliver(message(), by=rules(open_channels=False)) == (went("E1-M1", PORTAL),)
    assert ways.in_effect == 0


async def test_nothing_but_the_wished_for_channel_is_used(ways: Ways) -> None:
    await ways.people.put(MOSS.model_copy(update={"channels": (SMS,)}))
    ways.provider.replies.append((400, {}))
    assert await ways.deliver(message()) == (went("E1-M1", PORTAL),)
    assert ways.mail.mails == []


async def test_at_night_what_can_wait_waits_for_the_morning(ways: Ways) -> None:
    (rest,) = await ways.deliver(message(), by=rules(NIGHT))
    assert (rest.status, rest.code, rest.not_before) == (DeliveryStatus.HELD, "quiet_hours", MORNING)
    (row,) = await outbox(ways.pool, "P-1")
    assert (row.status, row.code, row.not_before) == ("requested", "quiet_hours", MORNING)
    assert ways.in_effect == 0
    assert await ways.deliver(message(), by=rules(MORNING)) == (went("E1-M1", SMS),)
    (row,) = await outbox(ways.pool, "P-1")
    assert (row.status, row.code, row.not_before) == ("sent", None, None)


async def test_at_night_what_keeps_a_patient_safe_is_said(ways: Ways) -> None:
    for number, said in enumerate((message(template=Template.ON_HOLD), message(urgent=True)), start=1):
        one = said.model_copy(update={"id": f"E1-M{number}"})
        assert await ways.deliver(one, by=rules(NIGHT)) == (went(one.id, SMS),)


async def test_what_would_be_too_late_in_the_morning_waits_in_the_portal(ways: Ways) -> None:
    early = message(expires_at=MORNING)
    assert await ways.deliver(early, by=rules(NIGHT)) == (went("E1-M1", PORTAL),)
    later = message("E1-M2", expires_at=MORNING + timedelta(seconds=1))
    (rest,) = await ways.deliver(later, by=rules(NIGHT))
    assert rest.not_before == MORNING


async def test_what_has_expired_is_said_to_nobody(ways: Ways) -> None:
    (answer,) = await ways.deliver(message(expires_at=NOON), by=rules(NOON))
    assert (answer.status, answer.code) == (DeliveryStatus.WITHDRAWN, "expired")
    assert ways.in_effect == 0
    assert await read_inbox(ways.pool, CIPHER, "P-1") == []


async def test_staff_have_quiet_hours_only_if_they_say_so(ways: Ways) -> None:
    sage = Contact(
        id="dr", role=Role.PHYSICIAN, name="Sage Mountebank", email="sage@example.org", zone="America/Denver"
    )
    await ways.people.put(sage)
    asked = message(to_id="dr", to_role=Role.PHYSICIAN)
    assert await ways.deliver(asked, by=rules(NIGHT)) == (went("E1-M1", EMAIL),)
    own = QuietHours.model_validate_json('{"begins": "20:00", "ends": "06:30"}')
    await ways.people.put(sage.model_copy(update={"quiet": own}))
    (rest,) = await ways.deliver(asked.model_copy(update={"id": "E1-M2"}), by=rules(NIGHT))
    assert rest.not_before == datetime(2027, 1, 13, 13, 30, tzinfo=UTC)


async def test_no_patient_gets_more_than_the_days_share_and_safety_is_not_counted(ways: Ways) -> None:
    most = rules().most_per_day
    assert most is not None
    for number in range(most):
        assert await ways.deliver(message(f"E1-M{number}")) == (went(f"E1-M{number}", SMS),)
        await ways.deliver(message(f"E1-S{number}", Template.CHECKIN_DUE))
    (rest,) = await ways.deliver(message("E1-M9"))
    assert (rest.code, rest.not_before) == ("daily_cap", MORNING)
    assert await ways.deliver(message("E1-S9", Template.CHECKIN_DUE)) == (went("E1-S9", SMS),)
    assert await ways.deliver(message("E1-M9"), by=rules(MORNING)) == (went("E1-M9", SMS),)


async def test_a_channel_that_this_clinic_does_not_offer_is_passed_over(ways: Ways) -> None:
    carriers: dict[Channel, Carrier] = {
        PORTAL: Inbox(CIPHER),
        EMAIL: Mailer(HOST, ways.mail.port, "care-team@clinic.example"),
    }
    outreach = Outreach(ways.pool, ways.people, carriers, "https://portal.example.org")
    batch = MessageBatch(pathway_id="P-1", messages=(message(),), rules=rules())
    assert await ActivityEnvironment().run(outreach.deliver_messages, batch) == (went("E1-M1", EMAIL),)


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_fails_each_message_counts_once(ways: Ways, seed: int) -> None:
    """Any order of failures, retried until all is said: each message is in effect once, by one channel."""
    dice = Random(seed)
    batch = tuple(message(f"E1-M{number}", Template.CHECKIN_DUE) for number in range(4))
    statuses = [429, 500, 503, 422, 400]
    ways.provider.replies.extend((dice.choice(statuses), {}) for _ in range(dice.randrange(6)))
    ways.provider.loses_answer = dice.randrange(4)
    ways.mail.drops_after_taking = 0
    for _ in range(20):
        try:
            answers = await ways.deliver(*batch)
            break
        except ApplicationError:
            continue
    else:
        raise AssertionError("it never came to an end")
    assert len(answers) == len(batch)
    assert all(answer.status is DeliveryStatus.SENT for answer in answers)
    references = [one["reference"] for one in ways.provider.messages]
    mails = [mail.message["Message-ID"] for mail in ways.mail.mails]
    assert len(set(references)) == len(references)
    assert len(set(mails)) == len(mails)
    assert len(references) + len(mails) == len(batch)
    assert await ways.deliver(*batch) == answers
    assert ways.in_effect == len(batch)


@pytest.fixture
def reports(ways: Ways) -> Reports:
    return Reports(ways.pool, ways.people)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("STOP", Outcome.OPTED_OUT),
        (" stop. ", Outcome.OPTED_OUT),
        ("Unsubscribe", Outcome.OPTED_OUT),
        ("ALTO", Outcome.OPTED_OUT),
        ("start", Outcome.OPTED_IN),
        ("please stop hurting", Outcome.NOT_UNDERSTOOD),
        ("Can I come an hour later?", Outcome.NOT_UNDERSTOOD),
        ("", Outcome.NOT_UNDERSTOOD),
    ],
)
async def test_replies_are_understood_by_the_word_alone(reports: Reports, text: str, outcome: Outcome) -> None:
    assert await reports.replied(PHONE, text) is outcome
    assert await reports.replied("+13035550199", text) in (Outcome.UNKNOWN, Outcome.NOT_UNDERSTOOD)


async def test_stop_ends_texts_for_everybody_under_the_number_until_start(ways: Ways, reports: Reports) -> None:
    partner = MOSS.model_copy(update={"id": "P-2", "email": "partner@example.org"})
    await ways.people.put(partner)
    await reports.replied(PHONE, "STOP")
    # A new entry in the directory does not undo it.
    await ways.people.put(MOSS)
    assert await ways.deliver(message()) == (went("E1-M1", EMAIL),)
    theirs = message("E1-M2", to_id="P-2")
    assert await ways.deliver(theirs) == (went("E1-M2", EMAIL),)
    await reports.replied(PHONE, "START")
    assert await ways.deliver(message("E1-M3")) == (went("E1-M3", SMS),)


async def test_confirm_is_noted_of_the_appointment_said_last_and_of_nothing_else(ways: Ways, reports: Reports) -> None:
    assert await reports.replied(PHONE, "CONFIRM") is Outcome.UNKNOWN
    await ways.deliver(message("E1-M1", Template.SESSION_REMINDER), message("E1-M2", Template.CHECKIN_DUE))
    assert "Reply CONFIRM" in ways.provider.messages[0]["text"]
    assert "CONFIRM" not in ways.provider.messages[1]["text"]
    said = Confirmation("E1-M1", "P-1", "W3", NOON + timedelta(days=1))
    assert await reports.replied(PHONE, "confirm") == said
    rows = {row.message_id: row for row in await outbox(ways.pool, "P-1")}
    assert [rows[one].confirmation for one in ("E1-M1", "E1-M2")] == ["waiting", None]
    assert await reports.confirmations.waiting() == [said]
    await reports.confirmations.settle("E1-M1")
    (noted,) = [row for row in await outbox(ways.pool, "P-1") if row.confirmed_at is not None]
    assert (noted.message_id, noted.confirmation) == ("E1-M1", "taken")
    # Said once more, the pathway is asked once more, and what it has taken stays.
    assert await reports.replied(PHONE, "CONFIRM") == said
    await reports.confirmations.settle("E1-M1", "appointment_moved")
    assert noted in await outbox(ways.pool, "P-1")
    assert await reports.confirmations.waiting() == []


async def test_confirm_is_about_the_message_that_it_answers(ways: Ways, reports: Reports) -> None:
    await ways.deliver(message("E1-M1", Template.SESSION_REMINDER))
    await ways.deliver(message("E1-M2", Template.SESSION_REMINDER, about="S2"), message("E1-M3"))
    first, _, other = (one["reference"] for one in ways.provider.messages)
    for reference, answered in ((first, "E1-M1"), (other, "E1-M2"), (None, "E1-M2"), ("unheard-of", "E1-M2")):
        said = await reports.replied(PHONE, "CONFIRM", reference)
        assert isinstance(said, Confirmation)
        assert said.message_id == answered, reference


async def test_what_waits_is_given_up_when_the_appointment_is_over(ways: Ways, reports: Reports) -> None:
    await ways.deliver(message("E1-M1", Template.SESSION_REMINDER, at=NOON + timedelta(minutes=5)))
    await reports.replied(PHONE, "CONFIRM")
    await ways.pool.execute("UPDATE messages SET sent_at = sent_at - interval '6 minutes'")
    assert await reports.confirmations.waiting() == []
    (row,) = await outbox(ways.pool, "P-1")
    assert (row.confirmation, row.confirmation_code, row.confirmed_at) == ("refused", "appointment_over", None)


async def test_of_staff_a_confirmation_is_only_noted(ways: Ways, reports: Reports) -> None:
    await ways.people.put(MOSS.model_copy(update={"id": "th", "role": Role.THERAPIST, "phone": "+13035550123"}))
    await ways.deliver(message("E1-M1", Template.APPOINTMENT, to_role=Role.THERAPIST, to_id="th"))
    assert await reports.replied("+13035550123", "CONFIRM") is Outcome.CONFIRMED
    (row,) = await outbox(ways.pool, "P-1")
    assert row.confirmed_at is not None
    assert await reports.confirmations.waiting() == []


async def test_confirm_holds_for_no_appointment_that_is_called_off_or_over(ways: Ways, reports: Reports) -> None:
    booked = Appointment(uid="E1-S1", sequence=0, ends_at=NOON + timedelta(hours=2))
    await ways.deliver(message("E1-M1", Template.APPOINTMENT, appointment=booked))
    off = booked.model_copy(update={"sequence": 1, "cancelled": True})
    await ways.deliver(message("E1-M2", Template.APPOINTMENT, appointment=off))
    assert await reports.replied(PHONE, "CONFIRM") is Outcome.NOT_CONFIRMED
    await ways.deliver(message("E1-M3", Template.SESSION_REMINDER, at=NOON + timedelta(minutes=5)))
    await ways.pool.execute("UPDATE messages SET sent_at = sent_at - interval '6 minutes'")
    assert await reports.replied(PHONE, "CONFIRM") is Outcome.NOT_CONFIRMED
    rows = await outbox(ways.pool, "P-1")
    assert {row.message_id: row.confirmation_code for row in rows} == {
        "E1-M1": None,
        "E1-M2": "appointment_cancelled",
        "E1-M3": "appointment_over",
    }
    assert not [row for row in rows if row.confirmed_at is not None]


async def test_nobody_is_asked_to_confirm_what_is_called_off(ways: Ways) -> None:
    off = Appointment(uid="E1-S1", sequence=1, ends_at=NOON + timedelta(days=2), cancelled=True)
    await ways.deliver(message(template=Template.APPOINTMENT, appointment=off))
    assert "CONFIRM" not in ways.provider.messages[0]["text"]


async def test_a_late_bounce_opens_the_message_for_the_next_channel_once(ways: Ways, reports: Reports) -> None:
    said = message()
    await ways.deliver(said)
    reference = ways.provider.messages[0]["reference"]
    assert await reports.delivered(reference) is Outcome.NOTED
    assert await reports.failed(reference) == Reopened("P-1", said)
    # Until the pathway was told, the provider sends it again.
    assert await reports.failed(reference) == Reopened("P-1", said)
    assert await ways.deliver(said) == (went("E1-M1", EMAIL),)
    assert await reports.failed(reference) is Outcome.NOTED
    assert await reports.delivered(reference) is Outcome.NOTED
    assert await reports.failed("unheard-of") is Outcome.UNKNOWN
    assert await reports.delivered("unheard-of") is Outcome.UNKNOWN
    (row,) = await outbox(ways.pool, "P-1")
    assert [(one.channel, one.status, one.code) for one in row.channels] == [
        (SMS, "failed", "bounced"),
        (EMAIL, "taken", None),
    ]
    mail_reference = ways.mail.mails[0].message["Message-ID"]
    assert isinstance(await reports.failed(mail_reference), Reopened)
    assert await ways.deliver(said) == (went("E1-M1", PORTAL),)
