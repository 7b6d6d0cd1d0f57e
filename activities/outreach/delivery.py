"""The activity that delivers messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.database import Pool
from activities.outreach.claims import MESSAGE_ID_TAKEN, Claim, Claims, ClaimTaken
from activities.outreach.ports import Carrier, ChannelRefused, ChannelUnavailable, Parcel
from activities.outreach.routing import local_day, rests, route, where_now
from activities.outreach.texts import NotComposable, Text, Texts, portal_link
from activities.records.people import DirectoryDamaged, People
from schemas.actors import Role
from schemas.messages import (
    NOT_BY,
    Channel,
    Contact,
    Delivery,
    DeliveryRules,
    MessageBatch,
    MessageRequest,
    Template,
)
from schemas.records import ActivityName

LOOKS_FOR_RECIPIENT: Final = 20
"""How often an unknown recipient is looked for. A patient enters the directory a little after the pathway opens.

Attempts are counted in the message's row: an attempt that the database did not answer is none, so an outage that keeps
the recipient from being written down does not use them up. What lies between attempts is the caller's retry policy;
with pauses that double from one second to one minute, twenty attempts are a quarter of an hour.
"""


NOT_REACHED: Final = "not_reached"
"""Code of a message of the safety path that waits unnoticed in the portal at best: a human has to reach the patient."""


class Postponed(NamedTuple):
    """A message that another attempt may deliver."""

    code: str
    retry_after: float | None = None


class Round:
    """What one call of the activity has learned: channels that are down, and the pathway's time."""

    def __init__(self, rules: DeliveryRules | None) -> None:
        self.rules = rules
        self.down: dict[Channel, ChannelUnavailable] = {}
        self.before_carrying: Callable[[], None] = lambda: None
        self.taken: tuple[Channel, str] | None = None
        """What an open channel took, with its reference; known even where no row can be written any more."""

    def now(self) -> datetime:
        """Pathway time: that of the scheduling, and what has passed since."""
        if self.rules is None:
            return datetime.now(UTC)
        info = activity.info()
        passed = max(timedelta(0), info.current_attempt_scheduled_time - info.scheduled_time)
        return self.rules.now + passed * self.rules.scale


class Outreach:
    """Delivers what pathways decided to say.

    Args:
        pool: The database of messages. While a message is handed over, one of its connections is in use: give it at
            least as many as activities run at once.
        people: The directory.
        carriers: The channels there are.
        portal_url: Where links in messages lead.
        unsubscribe_url: Where a pathway's patient says that nothing more to read is wanted.
    """

    def __init__(
        self,
        pool: Pool,
        people: People,
        carriers: Mapping[Channel, Carrier],
        portal_url: str,
        unsubscribe_url: Callable[[str], str] | None = None,
    ) -> None:
        self._claims = Claims(pool)
        self._people = people
        self._carriers = carriers
        self._portal_url = portal_url
        self._unsubscribe_url = unsubscribe_url
        self._texts = Texts()

    @activity.defn(name=ActivityName.DELIVER_MESSAGES)
    async def deliver_messages(self, batch: MessageBatch) -> tuple[Delivery, ...]:
        """Deliver each message once in effect, in order, by the first channel that takes it.

        Called again with the same messages, it sends only those that are still open. The one case that it cannot tell
        from a message not sent is a crash, or a lost connection, between a channel's taking it and the mark in the
        database; it then goes out again under the same ``Message-ID`` or idempotency key.

        Returns:
            The end of every message, or until when it rests, in the order of the batch. Undeliverable ones carry
            ``recipient_unknown``, ``template_failed``, ``template_telling``, ``message_id_taken``, or, on the safety
            path, :data:`NOT_REACHED`.

        Raises:
            ApplicationError: Some messages are still open, after all that could be delivered were. Retryable, of type
                ``mail_server_unavailable``, ``provider_unavailable``, ``recipient_not_yet_known``,
                ``recipient_unreadable`` or ``delivery_under_way``; its text has counts only. In an outage of the
                database, as soon as that is noticed: DatabaseUnavailable or DatabaseRefused.
        """
        this_round = Round(batch.rules)
        return finished([await self.attempt(batch.pathway_id, request, this_round) for request in batch.messages])

    async def attempt(self, pathway_id: str, request: MessageRequest, this_round: Round) -> Delivery | Postponed:
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
                return await self._send(claim, pathway_id, request, recipient, this_round)
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

    async def _send(
        self, claim: Claim, pathway_id: str, request: MessageRequest, recipient: Contact, this_round: Round
    ) -> Delivery | Postponed:
        """Send under a claim, by what holds now, and keep what became of it."""
        now, rules = this_round.now(), this_round.rules
        recipient = where_now(recipient, rules)
        if request.expires_at is not None and now >= request.expires_at:
            return await claim.withdrawn("expired")
        text = self.text(pathway_id, request, recipient)
        if isinstance(text, NotComposable):
            return await claim.undeliverable(text.code)
        closed = await claim.closed_channels(recipient.id) | NOT_BY.get(request.template, frozenset())
        channels = route(recipient, rules, closed)
        sent_today = await claim.sent_between(recipient.id, *local_day(now, recipient.zone))
        if (rest := rests(request, recipient, rules, now, sent_today)) is not None:
            if request.expires_at is None or rest.until < request.expires_at:
                return await claim.rests(rest.code, rest.until)
            channels = (Channel.PORTAL,)  # too late by then; there it disturbs nobody
        parcel = Parcel(pathway_id, request, recipient, text, claim.connection)
        return await self._by_channels(claim, channels, parcel, this_round)

    def text(self, pathway_id: str, request: MessageRequest, recipient: Contact) -> Text | NotComposable:
        """What a message says to its recipient."""
        link = portal_link(self._portal_url, pathway_id, request.about)
        try:
            ends = self._unsubscribe_url if request.template is Template.EDUCATION else None
            unsubscribe = None if ends is None else ends(pathway_id)
            return self._texts.compose(request, recipient, link, unsubscribe)
        except NotComposable as flaw:
            extra = {"template": request.template.value, "code": flaw.code}
            activity.logger.error("a message cannot be composed", extra=extra)
            return flaw

    async def _by_channels(
        self, claim: Claim, channels: tuple[Channel, ...], parcel: Parcel, this_round: Round
    ) -> Delivery | Postponed:
        """The first channel that takes it. One that is away is waited for, by what is pressing only if it must be.

        A channel that may have taken it is always waited for: only it can tell, and nobody is to be told twice.
        """
        request, away = parcel.request, None
        for channel in channels:
            if channel is Channel.PORTAL and away is not None:
                break
            outcome = await self._try(claim, channel, parcel, this_round)
            if isinstance(outcome, str):
                return await self._taken(claim, channel, outcome, parcel, this_round)
            if isinstance(outcome, ChannelUnavailable):
                away = away or outcome
                if outcome.in_doubt or not request.is_pressing:
                    break
        if away is None:
            raise RuntimeError("the portal neither took a message nor was away")
        await claim.postponed(away.code)
        return Postponed(away.code, away.retry_after)

    async def _taken(
        self, claim: Claim, channel: Channel, reference: str, parcel: Parcel, this_round: Round
    ) -> Delivery:
        request = parcel.request
        if channel is Channel.PORTAL and request.template.is_safety and parcel.recipient.role is Role.PATIENT:
            # It waits in the portal, but nothing tells the patient so, and silence is not safe.
            await claim.tried(channel, "taken", reference=reference)
            return await claim.undeliverable(NOT_REACHED)
        return await claim.sent(channel, reference, this_round.now())

    async def _try(
        self, claim: Claim, channel: Channel, parcel: Parcel, this_round: Round
    ) -> str | ChannelRefused | ChannelUnavailable:
        """One try by one channel: its reference, or why it was not taken."""
        extra = {"template": parcel.request.template.value, "channel": channel.value}
        known = this_round.down.get(channel)
        if known is not None:
            return known
        carrier = self._carriers.get(channel)
        if carrier is None:
            await claim.tried(channel, "failed", "channel_not_offered")
            return ChannelRefused("channel_not_offered")
        try:
            this_round.before_carrying()
            reference = await carrier.carry(parcel)
            if channel is not Channel.PORTAL:  # its inbox is written in the same transaction, and undone with it
                this_round.taken = (channel, reference)
            return reference
        except ChannelRefused as refusal:
            activity.logger.warning("a message was refused", extra=extra | {"code": refusal.detail or refusal.code})
            await claim.tried(channel, "failed", refusal.code)
            return refusal
        except ChannelUnavailable as trouble:
            activity.logger.warning("a message was not taken", extra=extra | {"code": trouble.detail})
            await claim.tried(channel, "trying", trouble.code)
            if not trouble.reached:
                this_round.down[channel] = trouble
            return trouble


def finished(outcomes: Sequence[Delivery | Postponed]) -> tuple[Delivery, ...]:
    """The ends of all messages.

    Raises:
        ApplicationError: Some are open still.
    """
    open_ones = [outcome for outcome in outcomes if isinstance(outcome, Postponed)]
    if open_ones:
        wait = max((one.retry_after or 0.0 for one in open_ones), default=0.0)
        raise ApplicationError(
            f"{len(open_ones)} of {len(outcomes)} messages are open",
            type=open_ones[0].code,
            next_retry_delay=timedelta(seconds=wait) if wait else None,
        )
    return tuple(outcome for outcome in outcomes if isinstance(outcome, Delivery))
