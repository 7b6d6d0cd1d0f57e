"""The activities of pages: pressing messages to staff, which leave within seconds, with PostgreSQL or without.

While PostgreSQL answers, a page goes exactly the way of every message. While it does not, recipients come from the
snapshot of the staff directory, and what keeps a page from going twice is Temporal's record of the finished activity
and, in a crash between a channel's taking it and that record, the same ``Message-ID`` or idempotency key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from temporalio import activity

from activities.database import DatabaseRefused, DatabaseUnavailable
from activities.outreach.claims import Claims
from activities.outreach.delivery import Outreach, Postponed, Round, finished
from activities.outreach.ports import Carrier, ChannelRefused, ChannelUnavailable, Parcel
from activities.outreach.routing import route
from activities.outreach.texts import NotComposable
from activities.records.snapshot import StaffSnapshot
from schemas.messages import Channel, Delivery, DeliveryStatus, MessageBatch, MessageRequest, PageRecords, Unrecorded
from schemas.records import ActivityName

DATABASE_SECONDS: Final = 4.0
"""How long a page waits for PostgreSQL before it goes without; more than another attempt's lock is waited for."""


class Paging:
    """Delivers pages.

    Args:
        outreach: The way of every message, over a pool that only pages use.
        claims: The rows in which is kept what went without them.
        staff: Who is reached how while PostgreSQL is away.
        carriers: The channels there are.
    """

    def __init__(
        self, outreach: Outreach, claims: Claims, staff: StaffSnapshot, carriers: Mapping[Channel, Carrier]
    ) -> None:
        self._outreach, self._claims, self._staff, self._carriers = outreach, claims, staff, carriers

    @activity.defn(name=ActivityName.PAGE)
    async def page(self, batch: MessageBatch) -> tuple[Delivery, ...]:
        """Deliver one page: a batch of one, so that it waits for no other's channel.

        Returns:
            Its end, as of any message; with ``unrecorded`` where no row of the outbox could be written.

        Raises:
            ApplicationError: It is open still, and to be tried again; see :meth:`Outreach.deliver_messages`.
        """
        (request,) = batch.messages
        this_round = Round(batch.rules)
        try:
            async with asyncio.timeout(DATABASE_SECONDS) as patience:
                # A channel has the time it needs: only PostgreSQL is not waited for.
                this_round.before_carrying = lambda: patience.reschedule(None)
                outcome = await self._outreach.attempt(batch.pathway_id, request, this_round)
            return finished([outcome])
        except (DatabaseUnavailable, DatabaseRefused, TimeoutError):
            activity.logger.warning("a page goes without the database", extra={"template": request.template.value})
        taken = this_round.taken or await self._carried(batch.pathway_id, request, this_round)
        return finished([taken if isinstance(taken, Postponed) else self._unrecorded(request, *taken, this_round)])

    @activity.defn(name=ActivityName.RECORD_PAGES)
    async def record_pages(self, batch: PageRecords) -> None:
        """Write the rows of pages that went without PostgreSQL. One that is there already stays as it is.

        Raises:
            DatabaseUnavailable: Still away; to be tried again. DatabaseRefused likewise.
            ClaimTaken: Another attempt keeps the row; to be tried again.
        """
        for page in batch.pages:
            attempt = await self._claims.register(batch.pathway_id, page.request)
            if attempt.settled is not None:
                continue
            async with self._claims.hold(page.request.id) as claim:
                if claim.settled is None:
                    await claim.sent(page.channel, page.reference, page.counted_at, page.sent_at)

    async def _carried(
        self, pathway_id: str, request: MessageRequest, this_round: Round
    ) -> tuple[Channel, str] | Postponed:
        """Hand a page to the first open channel that takes it; the rules of doubt are those of every message."""
        if request.expires_at is not None and this_round.now() >= request.expires_at:
            return Postponed("expired")  # for the pathway to withdraw; nobody here can write it down
        recipient = self._staff.get(request.to_id)
        if recipient is None or recipient.role is not request.to_role:
            return Postponed("recipient_not_yet_known")
        text = self._outreach.text(pathway_id, request, recipient)
        if isinstance(text, NotComposable):
            return Postponed(text.code)
        parcel = Parcel(pathway_id, request, recipient, text)
        away: ChannelUnavailable | None = None
        for channel in route(recipient, this_round.rules, frozenset()):
            carrier = self._carriers.get(channel)
            if channel is Channel.PORTAL or carrier is None:
                continue  # the portal's inbox is in PostgreSQL
            away_before = this_round.down.get(channel)
            try:
                if away_before is not None:
                    raise away_before
                return channel, await carrier.carry(parcel)
            except ChannelRefused as refusal:
                activity.logger.warning("a page was refused", extra={"code": refusal.detail or refusal.code})
            except ChannelUnavailable as trouble:
                activity.logger.warning("a page was not taken", extra={"code": trouble.detail})
                away = away or trouble
                if trouble.in_doubt:
                    break
        if away is None:
            return Postponed("database_unavailable")
        return Postponed(away.code, away.retry_after)

    @staticmethod
    def _unrecorded(request: MessageRequest, channel: Channel, reference: str, this_round: Round) -> Delivery:
        went = Unrecorded(
            request=request,
            channel=channel,
            reference=reference,
            counted_at=this_round.now(),
            sent_at=datetime.now(UTC),
        )
        return Delivery(message_id=request.id, status=DeliveryStatus.SENT, channel=channel, unrecorded=went)
