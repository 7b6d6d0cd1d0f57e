"""The activity that delivers messages."""

from __future__ import annotations

from typing import Final, NamedTuple

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.database import Pool
from activities.outreach.claims import MESSAGE_ID_TAKEN, Claim, Claims, ClaimTaken
from activities.outreach.mail import Mailer, MailRefused, MailServerUnavailable, NotComposable, portal_link
from activities.records.people import DirectoryDamaged, People
from schemas.messages import Contact, Delivery, MessageBatch, MessageRequest
from schemas.records import ActivityName

LOOKS_FOR_RECIPIENT: Final = 20
"""How often an unknown recipient is looked for. A patient enters the directory a little after the pathway opens.

Attempts are counted in the message's row: an attempt that the database did not answer is none, so an outage that keeps
the recipient from being written down does not use them up. What lies between attempts is the caller's retry policy;
with pauses that double from one second to one minute, twenty attempts are a quarter of an hour.
"""


class Postponed(NamedTuple):
    """A message that another attempt may deliver."""

    code: str
    for_all: bool = False
    """Whether the next message would meet the same obstacle."""


class Outreach:
    """Delivers what pathways decided to say.

    Args:
        pool: The database of messages. While a mail is handed over, one of its connections is in use: give it at least
            as many as activities run at once.
        people: The directory.
        mailer: Sends e-mail.
        portal_url: Where links in messages lead.
    """

    def __init__(self, pool: Pool, people: People, mailer: Mailer, portal_url: str) -> None:
        self._claims = Claims(pool)
        self._people = people
        self._mailer = mailer
        self._portal_url = portal_url

    @activity.defn(name=ActivityName.DELIVER_MESSAGES)
    async def deliver_messages(self, batch: MessageBatch) -> tuple[Delivery, ...]:
        """Deliver each message once in effect, in order. Whether one has expired is for the pathway to say.

        Called again with the same messages, it sends only those that are still open. The one case that it cannot tell
        from a mail not sent is a crash, or a lost connection, between the mail server's taking it and the mark in the
        database; the mail then goes out again under the same ``Message-ID``.

        Returns:
            The end of every message, in the order of the batch. Undeliverable ones carry ``recipient_unknown``,
            ``mail_refused``, ``address_malformed``, ``template_failed`` or ``message_id_taken``.

        Raises:
            ApplicationError: Some messages are still open, after all that could be delivered were. Retryable, of type
                ``mail_server_unavailable``, ``recipient_not_yet_known``, ``recipient_unreadable`` or
                ``delivery_under_way``; its text has counts only. In an outage of the database, as soon as that is
                noticed: DatabaseUnavailable or DatabaseRefused.
        """
        outcomes: list[Delivery | Postponed] = []
        for request in batch.messages:
            outcome = await self._deliver(batch.pathway_id, request)
            outcomes.append(outcome)
            if isinstance(outcome, Postponed) and outcome.for_all:
                break
        ends = tuple(outcome for outcome in outcomes if isinstance(outcome, Delivery))
        obstacles = [outcome.code for outcome in outcomes if isinstance(outcome, Postponed)]
        if obstacles:
            still_open = len(batch.messages) - len(ends)
            raise ApplicationError(f"{still_open} of {len(batch.messages)} messages are open", type=obstacles[0])
        return ends

    async def _deliver(self, pathway_id: str, request: MessageRequest) -> Delivery | Postponed:
        """One attempt at one message."""
        try:
            attempt = await self._claims.register(pathway_id, request)
            if attempt.settled is not None:
                if attempt.settled.code == MESSAGE_ID_TAKEN:
                    activity.logger.error("a message id stands for two messages", extra={"pathway_id": pathway_id})
                return attempt.settled
            # Before the row is locked: with a connection in hand, waiting for a second one could last for ever.
            recipient = await self._recipient(request, attempt.number)
            async with self._claims.hold(request.id) as claim:
                if claim.settled is not None:
                    return claim.settled
                if recipient is None:
                    return await claim.undeliverable("recipient_unknown")
                if isinstance(recipient, Postponed):
                    await claim.postponed(recipient.code)
                    return recipient
                link = portal_link(self._portal_url, pathway_id, request.about)
                return await self._send(claim, request, recipient, link)
        except ClaimTaken:
            return Postponed("delivery_under_way")

    async def _recipient(self, request: MessageRequest, attempt: int) -> Contact | Postponed | None:
        """Who is to be reached, as the directory knows them now; None if nobody is."""
        try:
            found = await self._people.get(request.to_id)
        except DirectoryDamaged:
            # The key may still be on its way to this machine; and the others of the batch need not wait for it.
            activity.logger.error("an entry of the directory cannot be read", extra={"attempt": attempt})
            return Postponed("recipient_unreadable")
        if found is None and attempt < LOOKS_FOR_RECIPIENT:
            return Postponed("recipient_not_yet_known")
        return found if found is not None and found.role is request.to_role else None

    async def _send(self, claim: Claim, request: MessageRequest, recipient: Contact, link: str) -> Delivery | Postponed:
        """Send under a claim, and keep what became of it."""
        template = request.template.value
        try:
            mail = self._mailer.compose(request, recipient, link)
            await self._mailer.send(mail)
        except NotComposable as flaw:
            activity.logger.error("a message cannot be composed", extra={"template": template, "code": flaw.code})
            return await claim.undeliverable(flaw.code)
        except MailRefused as refusal:
            activity.logger.warning("a mail was refused", extra={"template": template, "code": refusal.smtp_code})
            return await claim.undeliverable("mail_refused")
        except MailServerUnavailable as trouble:
            activity.logger.warning("a mail was not taken", extra={"template": template, "code": str(trouble)})
            await claim.postponed("mail_server_unavailable")
            return Postponed("mail_server_unavailable", for_all=not trouble.reached)
        return await claim.sent(mail["Message-ID"])
