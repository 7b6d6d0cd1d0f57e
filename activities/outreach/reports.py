"""What providers report back, carried into the rows of messages. A report is about post, never an acknowledgement."""

from __future__ import annotations

from typing import Final, NamedTuple

from activities.database import Pool, database_errors
from activities.outreach.confirmations import Confirmation, Confirmations
from activities.records.people import People
from schemas.messages import Channel, MessageRequest
from schemas.reports import Outcome, Reply, understood

BOUNCED: Final = "bounced"
"""Code of a channel that took a message and could not deliver it."""

_DELIVERED: Final = """
UPDATE message_channels SET status = 'delivered', updated_at = now() WHERE reference = $1 AND status = 'taken'
RETURNING message_id
"""

_KNOWN: Final = "SELECT count(*) > 0 FROM message_channels WHERE reference = $1"

_FAILED: Final = """
UPDATE message_channels SET
    status = 'failed', code = $2,
    updated_at = CASE WHEN status = 'failed' THEN updated_at ELSE clock_timestamp() END
WHERE reference = $1 AND (status <> 'failed' OR code = $2)
RETURNING message_id, channel
"""

_REOPEN: Final = """
UPDATE messages SET status = 'requested', last_error_code = $3, sent_at = NULL, counted_at = NULL, updated_at = now()
WHERE message_id = $1 AND channel = $2 AND request IS NOT NULL
    AND (status = 'sent' OR (status = 'requested' AND last_error_code = $3))
RETURNING pathway_id, request
"""

_GIVE_UP: Final = """
UPDATE messages SET status = 'undeliverable', updated_at = now() WHERE message_id = $1 AND status = 'requested'
"""

_STOP: Final = """
INSERT INTO channel_opt_outs (person_id, channel) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING
"""

_START: Final = "DELETE FROM channel_opt_outs WHERE person_id = ANY($1) AND channel = $2"


class Reopened(NamedTuple):
    """A message that came back. If its reason still stands, which its pathway knows, the next channel is tried."""

    pathway_id: str
    request: MessageRequest


class Reports:
    """Takes reports in. Each may come again, late, or about a message that nobody here knows."""

    def __init__(self, pool: Pool, people: People) -> None:
        self._pool = pool
        self._people = people
        self.confirmations = Confirmations(pool)
        """Answers that pathways are told."""

    async def delivered(self, reference: str) -> Outcome:
        """It has reached a mailbox or a device."""
        with database_errors():
            if await self._pool.fetchval(_DELIVERED, reference) is not None:
                return Outcome.NOTED
            known = await self._pool.fetchval(_KNOWN, reference)
        return Outcome.NOTED if known else Outcome.UNKNOWN

    async def failed(self, reference: str) -> Reopened | Outcome:
        """It came back, be it after days. The same report again answers the same, so that it may be repeated."""
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(_FAILED, reference, BOUNCED)
                if row is None:
                    return Outcome.UNKNOWN
                reopened = await connection.fetchrow(_REOPEN, row["message_id"], row["channel"], BOUNCED)
        if reopened is None:
            return Outcome.NOTED
        return Reopened(reopened["pathway_id"], MessageRequest.model_validate_json(reopened["request"]))

    async def given_up(self, message_id: str) -> None:
        """Nobody is left to say it for: the pathway has ended."""
        with database_errors():
            await self._pool.execute(_GIVE_UP, message_id)

    async def replied(self, sender: str, text: str, reference: str | None = None) -> Confirmation | Outcome:
        """Somebody answered a text message. STOP and START hold for everybody who is reached under the number.

        Args:
            sender: Their number.
            text: What they wrote. It is understood, never kept.
            reference: Of the message that they answered, where the provider knows it.

        Returns:
            What it led to, or a patient's CONFIRM, which is kept and for the pathway to decide.
        """
        reply = understood(text)
        if reply is None:
            return Outcome.NOT_UNDERSTOOD
        people = list(await self._people.with_phone(sender))
        if not people:
            return Outcome.UNKNOWN
        with database_errors():
            match reply:
                case Reply.STOP:
                    await self._pool.execute(_STOP, people, Channel.SMS)
                    return Outcome.OPTED_OUT
                case Reply.START:
                    await self._pool.execute(_START, people, Channel.SMS)
                    return Outcome.OPTED_IN
                case Reply.CONFIRM:
                    return await self.confirmations.answered(people, reference)
