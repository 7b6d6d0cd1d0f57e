"""Each message once in effect: on a real SMTP server and a real PostgreSQL, through everything that can go wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cipher import Cipher
from activities.database import DatabaseUnavailable, Pool, open_pool
from activities.keyring import Keyring
from activities.outreach.delivery import LOOKS_FOR_RECIPIENT, Outreach
from activities.outreach.inbox import Inbox
from activities.outreach.mail import Mailer
from activities.outreach.ports import Carrier
from activities.records.people import People
from schemas.actors import Role
from schemas.messages import Channel, Contact, Delivery, DeliveryStatus, MessageBatch, MessageRequest, Template
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer
from tests.support.smtp import HOST, MailServer

CIPHER = Cipher(Keyring.in_memory())
SENDER = "care-team@clinic.example"
WREN = Contact(id="T-1", role=Role.THERAPIST, name="Wren Fable", email="wren@example.org", zone="America/Denver")
MOSS = Contact(id="P-1", role=Role.PATIENT, name="Moss Tale", email="moss@example.org", zone="America/New_York")
JUNO = Contact(id="D-1", role=Role.PHYSICIAN, name="Juno Myth", email="juno@example.org", zone="America/Phoenix")


@dataclass
class Post:
    """Everything one message passes through."""

    server: MailServer
    pool: Pool
    people: People

    def outreach(
        self, mailer: Mailer | None = None, pool: Pool | None = None, people: People | None = None
    ) -> Outreach:
        mailer = mailer or Mailer(HOST, self.server.port, SENDER, timeout=10)
        carriers: dict[Channel, Carrier] = {Channel.EMAIL: mailer, Channel.PORTAL: Inbox(CIPHER)}
        return Outreach(pool or self.pool, people or self.people, carriers, "https://portal.example.org")

    async def deliver(self, *messages: MessageRequest, mailer: Mailer | None = None) -> tuple[Delivery, ...]:
        return await deliver(self.outreach(mailer), *messages)

    async def row(self, message_id: str) -> asyncpg.Record:
        row = await self.pool.fetchrow("SELECT * FROM messages WHERE message_id = $1", message_id)
        assert row is not None
        return row


async def deliver(outreach: Outreach, *messages: MessageRequest, pathway_id: str = "P-1") -> tuple[Delivery, ...]:
    batch = MessageBatch(pathway_id=pathway_id, messages=messages)
    return await ActivityEnvironment().run(outreach.deliver_messages, batch)


def message(message_id: str, to: Contact = WREN, template: Template = Template.WORK_OVERDUE) -> MessageRequest:
    return MessageRequest(
        id=message_id,
        template=template,
        to_role=to.role,
        to_id=to.id,
        about="W3",
        at=datetime(2027, 1, 12, 17, tzinfo=UTC),
    )


def sent(*message_ids: str, by: Channel = Channel.EMAIL) -> tuple[Delivery, ...]:
    return tuple(Delivery(message_id=one, status=DeliveryStatus.SENT, channel=by) for one in message_ids)


def undeliverable(message_id: str, code: str) -> Delivery:
    return Delivery(message_id=message_id, status=DeliveryStatus.UNDELIVERABLE, code=code)


def assert_retryable(error: ApplicationError, kind: str) -> None:
    """Retried by Temporal, and silent about whom it is about."""
    assert error.type == kind
    assert not error.non_retryable
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    for telling in ("example.org", "Wren", "Moss", "Juno", "T-1", "M1"):
        assert telling not in str(error)
        assert telling not in repr(error.details)


@pytest.fixture
async def post(mail_server: MailServer, pool: Pool) -> Post:
    people = People(pool, CIPHER)
    for contact in (WREN, MOSS, JUNO):
        await people.put(contact)
    return Post(mail_server, pool, people)


async def test_a_message_is_sent_once_however_often_it_is_asked_for(post: Post) -> None:
    for _ in range(3):
        assert await post.deliver(message("E1-M1")) == sent("E1-M1")
    (mail,) = post.server.mails
    assert mail.sender == SENDER
    assert mail.recipients == (WREN.email,)
    assert mail.message["Subject"] == "A task is overdue"
    assert "It was due by Tue 12 Jan 2027, 10:00 MST.\n\nhttps://portal.example.org/p/P-1/W3\n" in mail.body
    row = await post.row("E1-M1")
    assert (row["status"], row["attempts"], row["last_error_code"]) == ("sent", 1, None)
    reference = await post.pool.fetchval("SELECT reference FROM message_channels WHERE message_id = 'E1-M1'")
    assert reference == mail.message["Message-ID"]
    assert row["sent_at"] is not None
    assert (row["pathway_id"], row["template"], row["to_role"]) == ("P-1", "work_overdue", "therapist")


async def test_a_message_that_the_journal_wrote_down_first_is_sent(post: Post) -> None:
    await post.pool.execute(
        "INSERT INTO messages (message_id, pathway_id, template, to_role, to_id, about, requested_at)"
        " VALUES ('E1-M1', 'P-1', 'work_overdue', 'therapist', 'T-1', 'W3', '2031-01-01Z')"
    )
    assert await post.deliver(message("E1-M1")) == sent("E1-M1")
    row = await post.row("E1-M1")
    assert row["requested_at"] == datetime(2031, 1, 1, tzinfo=UTC)
    assert row["status"] == "sent"


async def test_each_recipient_reads_the_instant_in_the_zone_where_they_are_now(post: Post) -> None:
    await post.people.put(JUNO.model_copy(update={"zone": "Pacific/Honolulu"}))
    await post.deliver(message("E1-M1"), message("E1-M2", MOSS), message("E1-M3", JUNO))
    bodies = {mail.recipients[0]: mail.body for mail in post.server.mails}
    assert "10:00 MST" in bodies[WREN.email]
    assert "12:00 EST" in bodies[MOSS.email]
    assert "07:00 HST" in bodies[JUNO.email]


async def test_attempts_at_the_same_time_come_one_after_the_other_and_send_one_mail(post: Post) -> None:
    post.server.pause = asyncio.Event()
    attempts = [asyncio.ensure_future(post.deliver(message("E1-M1"), message("E1-M2", JUNO))) for _ in range(2)]
    await eventually(lambda: post.server.waiting == 1)
    await eventually(lambda: post.pool.fetchval("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted"))
    assert post.server.waiting == 1
    post.server.pause.set()
    assert await asyncio.gather(*attempts) == [sent("E1-M1", "E1-M2")] * 2
    assert len(post.server.to(WREN.email)) == 1
    assert len(post.server.to(JUNO.email)) == 1


async def test_one_connection_is_enough_for_any_number_of_attempts(post: Post, database_url: str) -> None:
    async with asyncpg.create_pool(database_url, min_size=0, max_size=1) as pool:
        outreach = post.outreach(pool=pool, people=People(pool, CIPHER))
        attempts = [deliver(outreach, message(f"E1-M{number}")) for number in range(5)]
        await asyncio.wait_for(asyncio.gather(*attempts), timeout=20)
    assert len(post.server.mails) == 5


async def test_while_the_mail_server_is_down_nothing_is_lost_and_then_all_is_sent_once(post: Post) -> None:
    post.server.down()
    batch = (message("E1-M1"), message("E1-M2", MOSS))
    for attempt in (1, 2):
        with pytest.raises(ApplicationError) as raised:
            await post.deliver(*batch)
        assert_retryable(raised.value, "mail_server_unavailable")
        assert "2 of 2" in str(raised.value)
        row = await post.row("E1-M1")
        assert (row["status"], row["attempts"], row["last_error_code"]) == (
            "requested",
            attempt,
            "mail_server_unavailable",
        )
    await post.server.up()
    assert await post.deliver(*batch) == sent("E1-M1", "E1-M2")
    assert len(post.server.mails) == 2
    assert (await post.row("E1-M1"))["last_error_code"] is None


async def test_a_refused_recipient_is_reported_and_not_tried_again(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.server.recipient_replies[WREN.email] = f"550 5.1.1 <{WREN.email}> does not exist"
    batch = (message("E1-M1"), message("E1-M2", JUNO))
    expected = (*sent("E1-M1", by=Channel.PORTAL), *sent("E1-M2"))
    assert await post.deliver(*batch) == expected
    connections = post.server.connections
    assert await post.deliver(*batch) == expected
    assert post.server.connections == connections
    row = await post.row("E1-M1")
    assert (row["status"], row["channel"]) == ("sent", "portal")
    tried = await post.pool.fetch("SELECT channel, status, code FROM message_channels WHERE message_id = 'E1-M1'")
    assert {tuple(one) for one in tried} == {("email", "failed", "mail_refused"), ("portal", "taken", None)}
    (record,) = [record for record in caplog.records if record.name == "temporalio.activity"]
    assert record.__dict__["code"] == 550
    assert "example.org" not in repr(record.__dict__)


async def test_refused_content_is_reported(post: Post) -> None:
    post.server.data_reply = "554 5.7.1 looks like advertising"
    assert await post.deliver(message("E1-M1")) == sent("E1-M1", by=Channel.PORTAL)


async def test_after_a_partial_failure_only_the_rest_is_sent(post: Post) -> None:
    batch = (message("E1-M1"), message("E1-M2", MOSS), message("E1-M3", JUNO))
    post.server.recipient_replies[MOSS.email] = f"451 4.7.1 <{MOSS.email}> greylisted, try again later"
    with pytest.raises(ApplicationError) as raised:
        await post.deliver(*batch)
    assert_retryable(raised.value, "mail_server_unavailable")
    assert "1 of 3" in str(raised.value)
    assert [mail.recipients[0] for mail in post.server.mails] == [WREN.email, JUNO.email]
    post.server.recipient_replies.clear()
    assert await post.deliver(*batch) == sent("E1-M1", "E1-M2", "E1-M3")
    assert [mail.recipients[0] for mail in post.server.mails] == [WREN.email, JUNO.email, MOSS.email]


async def test_a_mail_that_was_taken_without_a_word_comes_again_as_the_same_mail(post: Post) -> None:
    post.server.drops_after_taking = 1
    with pytest.raises(ApplicationError) as raised:
        await post.deliver(message("E1-M1"), message("E1-M2", JUNO))
    assert_retryable(raised.value, "mail_server_unavailable")
    assert await post.deliver(message("E1-M1"), message("E1-M2", JUNO)) == sent("E1-M1", "E1-M2")
    first, second = post.server.to(WREN.email)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert len(post.server.to(JUNO.email)) == 1


async def test_an_attempt_that_died_while_sending_leaves_a_trace_and_stops_nobody(post: Post) -> None:
    post.server.pause = asyncio.Event()
    attempt = asyncio.ensure_future(post.deliver(message("E1-M1")))
    await eventually(lambda: post.server.waiting == 1)
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    assert (await post.row("E1-M1"))["status"] == "sending"
    post.server.pause = None
    assert await post.deliver(message("E1-M1")) == sent("E1-M1")
    assert (await post.row("E1-M1"))["attempts"] == 2
    assert len(post.server.mails) == 1


async def test_a_server_that_keeps_silent_is_given_up_in_time(post: Post) -> None:
    post.server.pause = asyncio.Event()
    hasty = Mailer(HOST, post.server.port, SENDER, timeout=0.5)
    with pytest.raises(ApplicationError) as raised:
        async with asyncio.timeout(10):
            await post.deliver(message("E1-M1"), message("E1-M2", JUNO), mailer=hasty)
    assert_retryable(raised.value, "mail_server_unavailable")
    assert post.server.waiting == 1


@pytest.mark.parametrize(
    "reply", ["553 5.1.8 sender not allowed", "530 5.7.0 authentication required", "421 4.3.2 going down"]
)
async def test_what_the_server_has_against_us_is_no_fault_of_the_recipient(post: Post, reply: str) -> None:
    post.server.sender_reply = reply
    with pytest.raises(ApplicationError) as raised:
        await post.deliver(message("E1-M1"))
    assert_retryable(raised.value, "mail_server_unavailable")
    post.server.sender_reply = None
    assert await post.deliver(message("E1-M1")) == sent("E1-M1")


async def test_a_server_without_the_login_or_encryption_we_need_gets_no_mail(post: Post) -> None:
    port = post.server.port
    for mailer in (
        Mailer(HOST, port, SENDER, username="kap", password="secret"),
        Mailer(HOST, port, SENDER, start_tls=True),
    ):
        with pytest.raises(ApplicationError) as raised:
            await post.deliver(message("E1-M1"), mailer=mailer)
        assert_retryable(raised.value, "mail_server_unavailable")
    assert post.server.mails == []


async def test_a_recipient_who_enters_the_directory_late_is_waited_for(post: Post) -> None:
    late = Contact(id="P-2", role=Role.PATIENT, name="Fern Saga", email="fern@example.org", zone="America/Chicago")
    batch = (message("E1-M1", late), message("E1-M2"))
    with pytest.raises(ApplicationError) as raised:
        await post.deliver(*batch)
    assert_retryable(raised.value, "recipient_not_yet_known")
    assert len(post.server.to(WREN.email)) == 1
    await post.people.put(late)
    assert await post.deliver(*batch) == sent("E1-M1", "E1-M2")
    assert len(post.server.mails) == 2


async def test_a_recipient_who_never_comes_does_not_hold_up_the_pathway_for_ever(post: Post) -> None:
    nobody = WREN.model_copy(update={"id": "T-9"})
    for _ in range(1, LOOKS_FOR_RECIPIENT):
        with pytest.raises(ApplicationError):
            await post.deliver(message("E1-M1", nobody))
    assert await post.deliver(message("E1-M1", nobody)) == (undeliverable("E1-M1", "recipient_unknown"),)
    assert (await post.row("E1-M1"))["attempts"] == LOOKS_FOR_RECIPIENT
    assert post.server.connections == 0


async def test_somebody_known_in_another_role_gets_nothing(post: Post) -> None:
    posing = WREN.model_copy(update={"id": MOSS.id})
    assert await post.deliver(message("E1-M1", posing)) == (undeliverable("E1-M1", "recipient_unknown"),)
    assert post.server.connections == 0


async def test_the_address_is_the_one_at_the_moment_of_sending(post: Post) -> None:
    post.server.down()
    with pytest.raises(ApplicationError):
        await post.deliver(message("E1-M1"))
    await post.people.put(WREN.model_copy(update={"email": "wren.moved@example.org"}))
    await post.server.up()
    await post.deliver(message("E1-M1"))
    assert [mail.recipients for mail in post.server.mails] == [("wren.moved@example.org",)]


async def test_an_address_beyond_ascii_is_reached(post: Post) -> None:
    await post.people.put(WREN.model_copy(update={"email": "zaunkönig@example.org"}))
    assert await post.deliver(message("E1-M1")) == sent("E1-M1")
    (mail,) = post.server.mails
    assert mail.recipients == ("zaunkönig@example.org",)
    assert "To: zaunkönig@example.org\r\n".encode() in mail.raw


async def test_an_address_that_the_server_cannot_write_is_reported(post: Post) -> None:
    post.server.takes_unicode = False
    await post.people.put(WREN.model_copy(update={"email": "zaunkönig@example.org"}))
    assert await post.deliver(message("E1-M1")) == sent("E1-M1", by=Channel.PORTAL)


async def test_an_id_that_stands_for_another_message_already_is_not_taken_for_its_delivery(post: Post) -> None:
    assert await post.deliver(message("M1")) == sent("M1")
    other_pathway = await deliver(post.outreach(), message("M1"), pathway_id="P-7")
    assert other_pathway == (undeliverable("M1", "message_id_taken"),)
    assert await post.deliver(message("M1", JUNO)) == (undeliverable("M1", "message_id_taken"),)
    assert await post.deliver(message("M1")) == sent("M1")
    assert len(post.server.mails) == 1


async def test_a_message_that_cannot_be_composed_does_not_stop_the_others(post: Post) -> None:
    pointless = message("E1-M1", MOSS, Template.SESSION_REMINDER).model_copy(update={"at": None})
    answer = await post.deliver(pointless, message("E1-M2"))
    assert answer == (undeliverable("E1-M1", "template_failed"), *sent("E1-M2"))


async def test_an_entry_of_the_directory_that_cannot_be_read_stops_no_other(post: Post) -> None:
    await post.pool.execute("UPDATE people SET sealed = sealed || '\\x00' WHERE id = $1", WREN.id)
    with pytest.raises(ApplicationError) as raised:
        await post.deliver(message("E1-M1"), message("E1-M2", JUNO))
    assert_retryable(raised.value, "recipient_unreadable")
    row = await post.row("E1-M1")
    assert (row["status"], row["last_error_code"]) == ("requested", "recipient_unreadable")
    assert len(post.server.to(JUNO.email)) == 1
    await post.people.put(WREN)
    assert await post.deliver(message("E1-M1"), message("E1-M2", JUNO)) == sent("E1-M1", "E1-M2")


async def test_without_the_database_nothing_is_sent_for_it_could_be_sent_twice(post: Post) -> None:
    pool = await open_pool("postgresql://kap@127.0.0.1:1/kap")
    with pytest.raises(DatabaseUnavailable) as raised:
        await deliver(post.outreach(pool=pool), message("E1-M1"))
    assert_retryable(raised.value, "database_unavailable")
    assert post.server.connections == 0


async def test_a_mail_whose_mark_was_lost_with_the_database_comes_again_as_the_same_mail(
    post: Post, postgres: PostgresServer
) -> None:
    post.server.pause = asyncio.Event()
    attempt = asyncio.ensure_future(post.deliver(message("E1-M1")))
    await eventually(lambda: post.server.waiting == 1)
    async with postgres.outage():
        post.server.pause.set()
        with pytest.raises(DatabaseUnavailable) as raised:
            await attempt
        assert_retryable(raised.value, "database_unavailable")
    assert await post.deliver(message("E1-M1")) == sent("E1-M1")
    first, second = post.server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


async def test_no_one_waits_long_for_a_message_that_another_attempt_keeps(post: Post) -> None:
    async with post.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            "INSERT INTO messages (message_id, pathway_id, template, to_role, to_id, about, requested_at)"
            " VALUES ('E1-M1', 'P-1', 'work_overdue', 'therapist', 'T-1', 'W3', now())"
        )
        with pytest.raises(ApplicationError) as raised:
            await post.deliver(message("E1-M1"), message("E1-M2", JUNO))
        assert_retryable(raised.value, "delivery_under_way")
    assert len(post.server.to(JUNO.email)) == 1
