"""The journal: every event of a pathway, sealed, chained and append-only.

Writing takes the batches in which a workflow hands its events over and is indifferent to how often it does: a batch may
come twice, at the same time, or overlap another. Reading opens the events again and tells whether the chain is whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

import structlog
from pydantic import ValidationError
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.cipher import Cipher, NotAuthentic
from activities.database import Connection, Pool, database_errors
from activities.keyring import UnknownKey
from activities.records.effects import effects_of, work_effects
from schemas.events import CHAIN_START, Event
from schemas.facts import Fact, MessageRequested
from schemas.records import ActivityName, JournalBatch

_log = structlog.get_logger(__name__)

PURPOSE: Final = "journal"
"""Sub-key that seals the events."""

JOURNAL_GAP: Final = "journal_gap"
"""Events before the batch are missing. Retried: another writer may be bringing them, or somebody restores them."""

JOURNAL_CONFLICT: Final = "journal_conflict"
"""The journal holds another event under the same number."""

JOURNAL_CHAIN_BROKEN: Final = "journal_chain_broken"
"""A hash does not follow from the event and the hash before it."""

_SENTENCES: Final = {
    JOURNAL_GAP: "Events before this batch are not in the journal.",
    JOURNAL_CONFLICT: "The journal holds another event under a number of this batch.",
    JOURNAL_CHAIN_BROKEN: "The batch does not continue the chain of the events before it.",
}
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_WRITTEN: Final = "written"
_WRITE: Final = "SELECT write_journal($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_SUPERSEDE: Final = "SELECT supersede_journal($1, $2, $3, $4, $5)"
_READ: Final = """
    SELECT episode, seq, key_id, body, hash FROM journal
    WHERE pathway_id = $1 AND episode = coalesce(
        $2, (SELECT episode FROM pathways WHERE pathway_id = $1 ORDER BY opened_at DESC, updated_at DESC LIMIT 1)
    ) ORDER BY seq
"""


class JournalDamaged(Exception):
    """An entry cannot be opened or does not say what was written; names its number, never its content."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"Entry {seq} of the journal cannot be read: {why}.")
        self.seq = seq


class Journal:
    """Writes events and what follows from them for the read model, exactly once."""

    def __init__(self, pool: Pool, cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher

    @activity.defn(name=ActivityName.WRITE_JOURNAL)
    async def write_journal(self, batch: JournalBatch) -> None:
        """Append the events that are not there yet, all or none, in one round trip.

        Raises:
            ApplicationError: Of type ``journal_gap`` (retried), ``journal_conflict`` or ``journal_chain_broken`` (not
                retried: only a human can tell which side is right), ``database_unavailable`` or ``database_refused``.
        """
        _check_chain(batch)
        arguments = self._arguments(batch)
        with database_errors():
            outcome = await self._pool.fetchval(_WRITE, *arguments)
            if outcome == JOURNAL_CONFLICT and await self._made_room(batch):
                outcome = await self._pool.fetchval(_WRITE, *arguments)
        if outcome != _WRITTEN:
            raise _refused(outcome, batch)

    async def _made_room(self, batch: JournalBatch) -> bool:
        """Move entries that never happened for the engine out of the way, and say whether that could be done.

        They were written in a workflow task that was lost afterwards, which the engine then did again, later: so they
        follow the same past and were recorded earlier. Whoever comes with an earlier event is the lost one himself.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await lock_episode(connection, batch.pathway_id, batch.episode)
            rows = await connection.fetch(_READ, batch.pathway_id, batch.episode)
            kept = {row["seq"]: row for row in rows}
            hash_before = kept[batch.events[0].seq - 1]["hash"].hex() if batch.events[0].seq > 1 else CHAIN_START
            known = [one for one in batch.events if one.seq in kept]
            other = next((one for one in known if kept[one.seq]["hash"].hex() != one.hash), None)
            if other is None or hash_before != batch.previous_hash:
                return False
            events = [_opened(self._cipher, batch.pathway_id, row) for row in rows]
            past = [event for event in events if event.seq < other.seq]
            lost = events[len(past) :]
            if lost[0].recorded_at >= other.recorded_at:
                return False
            told = [event.fact.message.id for event in lost if isinstance(event.fact, MessageRequested)]
            place = (batch.pathway_id, batch.episode)
            await connection.execute(_SUPERSEDE, *place, other.seq, work_effects(past), told)
            _log.warning("journal entries superseded", first_seq=other.seq, entries=len(lost))
        return True

    def _arguments(self, batch: JournalBatch) -> tuple[Any, ...]:
        """The parameters of the database function, in its order; see the migration that defines it."""
        events = batch.events
        sealed = [
            self._cipher.seal(PURPOSE, _content(event), _place(batch.pathway_id, batch.episode, event.seq))
            for event in events
        ]
        return (
            batch.pathway_id,
            batch.episode,
            bytes.fromhex(batch.previous_hash),
            [event.seq for event in events],
            [_type(event) for event in events],
            [event.actor and event.actor.role for event in events],
            [event.recorded_at for event in events],
            [event.observed_at for event in events],
            [key_id for key_id, _ in sealed],
            [body for _, body in sealed],
            [bytes.fromhex(event.hash) for event in events],
            batch.view.model_dump_json(),
            json.dumps(effects_of(events)),
        )


async def lock_episode(connection: Connection, pathway_id: str, episode: str) -> None:
    """Keep others from writing an episode's entries until the transaction ends, as ``write_journal`` does itself."""
    await connection.execute(_LOCK, f"{pathway_id}/{episode}")


async def read_journal(pool: Pool, cipher: Cipher, pathway_id: str, episode: str | None = None) -> list[Event]:
    """The events of an episode in order; of the one opened last where none is named. Empty where there is none.

    Raises:
        JournalDamaged: An entry was altered, or its key is not in the keyring.
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_READ, pathway_id, episode)
    return [_opened(cipher, pathway_id, row) for row in rows]


def verify_chain(events: Iterable[Event]) -> int | None:
    """The number of the first event that is not where and what it was when it was written; None where all are.

    Takes an episode from its first event on. Events missing at the end break no chain: compare the last number with the
    version of the pathway.
    """
    hash_before = CHAIN_START
    for seq, event in enumerate(events, start=1):
        if event.seq != seq or event.hash != event.expected_hash(hash_before):
            return seq
        hash_before = event.hash
    return None


def _check_chain(batch: JournalBatch) -> None:
    """Refuse a batch whose events do not follow each other; what precedes them only the database knows."""
    hash_before = batch.previous_hash
    if not _HASH.fullmatch(hash_before):
        raise _refused(JOURNAL_CHAIN_BROKEN, batch)
    for seq, event in enumerate(batch.events, start=batch.events[0].seq):
        if event.seq != seq or event.hash != event.expected_hash(hash_before):
            raise _refused(JOURNAL_CHAIN_BROKEN, batch)
        hash_before = event.hash


def _refused(code: str, batch: JournalBatch) -> ApplicationError:
    numbers = {"first_seq": batch.events[0].seq, "last_seq": batch.events[-1].seq}
    return ApplicationError(_SENTENCES[code], numbers, type=code, non_retryable=code != JOURNAL_GAP)


def _type(event: Event) -> str:
    fact: Fact = event.fact
    return fact.type


def _content(event: Event) -> bytes:
    return event.model_dump_json().encode()


def _place(pathway_id: str, episode: str, seq: int) -> bytes:
    """Binds an entry to its row, so that sealed bodies cannot be exchanged. No id contains a slash."""
    return f"{pathway_id}/{episode}/{seq}".encode()


def _opened(cipher: Cipher, pathway_id: str, row: Any) -> Event:
    seq = row["seq"]
    try:
        content = cipher.open(PURPOSE, row["key_id"], row["body"], _place(pathway_id, row["episode"], seq))
        event = Event.model_validate_json(content)
    except UnknownKey:
        raise JournalDamaged(seq, "its key is not in the keyring") from None
    except NotAuthentic:
        raise JournalDamaged(seq, "it was altered") from None
    except ValidationError:
        # Not chained: its text quotes what was read.
        raise JournalDamaged(seq, "this release does not know its form") from None
    if event.seq != seq or event.hash != row["hash"].hex():
        raise JournalDamaged(seq, "it is not what its row says")
    return event
