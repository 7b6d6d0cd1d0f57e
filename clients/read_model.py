"""What clients read from PostgreSQL: pathways, worklists, journals and the directory of people."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from activities.cipher import Cipher
from activities.database import DatabaseRefused, DatabaseUnavailable, Pool, open_pool
from activities.keyring import Keyring, KeyringError, load_keyring
from activities.outreach.inbox import InboxDamaged, read_inbox
from activities.records.journal import JournalDamaged, read_journal, verify_chain
from activities.records.people import DirectoryDamaged, People
from activities.records.read_model import list_pathways, outbox, worklist
from activities.rounds.records import endings, findings
from activities.webhooks.outbox import resend_webhooks, webhook_states
from clients.errors import (
    DATABASE_MISSING,
    DATABASE_REFUSED,
    DATABASE_UNREACHABLE,
    DIRECTORY_DAMAGED,
    JOURNAL_DAMAGED,
    KEYRING_MISSING,
    KEYRING_UNUSABLE,
    UNKNOWN_PATHWAY,
    UNKNOWN_SUBSCRIBER,
    refused,
)
from schemas.actors import Role
from schemas.events import Event
from schemas.messages import Contact
from schemas.pathway import Phase
from schemas.views import EndingRow, FindingRow, InboxEntry, OutboxRow, PathwayRow, WebhookRow, WorkRow
from workers.settings import DEFAULT_STATE_DIR, Settings

T = TypeVar("T")

DEFAULT_TIMEOUT: Final = 15.0
"""Seconds that one question may take. Answers come in milliseconds; more means that something is down."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,79}")
_GRACE: Final = 1.0
_UNDEFINED_TABLE: Final = "42P01"


class JournalView(NamedTuple):
    """A journal as it was read, and whether its chain of hashes is whole."""

    events: Sequence[Event]
    broken_at: int | None
    """Number of the first event that is not what was written; None where all are."""


class ReadModel:
    """Questions to PostgreSQL; the connection is made with the first one, so care goes on without it."""

    def __init__(self, database_url: str | None, keyring: Keyring, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._database_url = database_url
        self.cipher = Cipher(keyring)
        """Opens what is sealed in the database."""
        self._patience = timeout
        self._pool: Pool | None = None

    async def close(self) -> None:
        """Give the connections back; harmless where there are none."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), _GRACE)
            except TimeoutError:
                pool.terminate()

    async def list_pathways(
        self, phase: Phase | None = None, *, limit: int = 100, after: tuple[str, str] | None = None
    ) -> list[PathwayRow]:
        """Episodes of care, the one opened last first.

        Args:
            phase: Only those that stand there.
            limit: At most so many.
            after: Pathway id and episode of the last row of the page before.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        return await self.asked(list_pathways(await self.connected(), phase, limit=limit, after=after))

    async def worklist(
        self, role: Role | None = None, person_id: str | None = None, *, limit: int = 100
    ) -> list[WorkRow]:
        """Open work, the oldest risk first.

        Args:
            role: Only what this role owes.
            person_id: Only what this person owes or is asked to take over.
            limit: At most so many.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        now = datetime.now(UTC)
        return await self.asked(worklist(await self.connected(), role, person_id, now=now, limit=limit))

    async def outbox(
        self, pathway_id: str | None = None, status: str | None = None, *, limit: int = 100
    ) -> list[OutboxRow]:
        """Messages that were asked for, the newest first, and where each stands. No addresses.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        if pathway_id is not None and not is_id(pathway_id):
            return []
        return await self.asked(outbox(await self.connected(), pathway_id, status, limit=limit))

    async def inbox(self, person_id: str, *, limit: int = 100) -> list[InboxEntry]:
        """What waits for a person behind the portal's login, the newest first.

        Raises:
            Refused: PostgreSQL does not answer, or an entry cannot be read.
        """
        try:
            return await self.asked(read_inbox(await self.connected(), self.cipher, person_id, limit=limit))
        except InboxDamaged as error:
            raise refused(DIRECTORY_DAMAGED, str(error)) from error

    async def endings(self, within: timedelta | None = None, *, limit: int = 100) -> list[EndingRow]:
        """What ends by itself, the soonest first, as the last inventory saw it.

        Args:
            within: Only what ends in this span from now.
            limit: At most so many.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        now = datetime.now(UTC)
        until = now + within if within is not None else None
        return await self.asked(endings(await self.connected(), until, now=now, limit=limit))

    async def findings(self) -> list[FindingRow]:
        """Where records and pathways differed at the last inventory.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        return await self.asked(findings(await self.connected()))

    async def webhooks(self) -> list[WebhookRow]:
        """Where each service stands that is told by webhook.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        return await self.asked(webhook_states(await self.connected()))

    async def resend_webhooks(self, subscriber: str) -> int:
        """Have what a subscriber did not take sent again; one that was disabled is told again. Returns how many.

        Raises:
            Refused: There is no such subscriber, or PostgreSQL does not answer.
        """
        count = await self.asked(resend_webhooks(await self.connected(), subscriber))
        if count is None:
            sentence = "No worker has read of this subscriber in its file. List them with: kap ops webhooks"
            raise refused(UNKNOWN_SUBSCRIBER, sentence, "subscriber")
        return count

    async def journal(self, pathway_id: str, episode: str | None = None) -> JournalView:
        """The events of an episode in order, opened and checked; of the last episode where none is named.

        Raises:
            Refused: There is no such pathway in the journal, an entry cannot be read, or PostgreSQL does not answer.
        """
        if not is_id(pathway_id):
            raise _unjournalled()
        try:
            events = await self.asked(read_journal(await self.connected(), self.cipher, pathway_id, episode))
        except JournalDamaged as error:
            raise refused(JOURNAL_DAMAGED, str(error), seq=error.seq) from error
        if not events:
            raise _unjournalled()
        return JournalView(events, verify_chain(events))

    async def put_people(self, contacts: Iterable[Contact]) -> int:
        """Add people to the directory, or replace them; returns how many.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        people = People(await self.connected(), self.cipher)
        count = 0
        for contact in contacts:
            await self.asked(people.put(contact))
            count += 1
        return count

    async def list_people(self, role: Role | None = None) -> Sequence[Contact]:
        """Everybody in the directory, by id.

        Raises:
            Refused: PostgreSQL does not answer, or an entry cannot be read.
        """
        people = People(await self.connected(), self.cipher)
        try:
            return await self.asked(people.list(role))
        except DirectoryDamaged as error:
            raise refused(DIRECTORY_DAMAGED, str(error)) from error

    async def connected(self) -> Pool:
        """The database; the connection itself is made with the first question.

        Raises:
            Refused: None is named, or what is named is no address of one.
        """
        if self._database_url is None:
            raise refused(
                DATABASE_MISSING,
                "No database is named, and lists and journals are read from one. Set KAP_DATABASE_URL, or start a "
                "local stack with: kap up",
            )
        if self._pool is None:
            try:
                self._pool = await open_pool(self._database_url)
            except ValueError as error:
                raise refused(DATABASE_MISSING, "KAP_DATABASE_URL is no address of a PostgreSQL database.") from error
        return self._pool

    async def asked(self, question: Awaitable[T]) -> T:
        """The answer of the database to a question.

        Raises:
            Refused: It does not answer in time, or refuses.
        """
        try:
            return await asyncio.wait_for(question, self._patience)
        except (DatabaseUnavailable, TimeoutError) as error:
            raise refused(
                DATABASE_UNREACHABLE,
                "PostgreSQL does not answer, so lists and journals cannot be read. Care goes on, and kap status still "
                "works. Check that the database runs (kap up, or KAP_DATABASE_URL).",
            ) from error
        except DatabaseRefused as error:
            sqlstate = str(error.details[0].get("sqlstate") or "none")
            hint = "Its tables are missing; create them with: kap ops bootstrap" if sqlstate == _UNDEFINED_TABLE else ""
            sentence = f"PostgreSQL refused (SQLSTATE {sqlstate}). {hint}".strip()
            raise refused(DATABASE_REFUSED, sentence, sqlstate=sqlstate) from error


def keyring_of(settings: Settings) -> Keyring:
    """The keys that the settings name.

    Raises:
        Refused: They name none, or the file cannot be used.
    """
    if settings.keyring is None:
        folder = settings.state_dir or DEFAULT_STATE_DIR
        sentence = (
            f"No local stack runs in {folder}, and no key file is named. Start a stack with: kap up. Or, for a server "
            "of your own, name its key file by KAP_KEYRING."
        )
        raise refused(KEYRING_MISSING, sentence)
    try:
        return load_keyring(settings.keyring)
    except KeyringError as error:
        raise refused(KEYRING_UNUSABLE, str(error)) from error


def is_id(text: str) -> bool:
    """Whether a text can be an identifier at all; what cannot is nowhere to be found."""
    return _ID.fullmatch(text) is not None


def _unjournalled() -> Exception:
    sentence = "The journal has no pathway of this id. List the pathways with: kap list"
    return refused(UNKNOWN_PATHWAY, sentence, "pathway")
