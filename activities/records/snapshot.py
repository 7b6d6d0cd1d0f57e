"""The staff directory as it was last read, sealed on this machine's disk: pages leave while PostgreSQL is away.

It holds how staff are reached and nobody else: no patient, and nothing of a pathway. A text channel that somebody ended
by STOP stays closed here, too.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog
from pydantic import TypeAdapter, ValidationError

from activities.cipher import Cipher, NotAuthentic
from activities.database import Pool, database_errors
from activities.keyring import UnknownKey
from activities.records.people import DirectoryDamaged, People
from schemas.actors import STAFF
from schemas.messages import Channel, Contact

SNAPSHOT: Final = "staff-snapshot"
"""Sub-key that seals the file."""

REFRESH_SECONDS: Final = 60.0
"""How old a snapshot gets while PostgreSQL answers; while it does not, it is asked as often."""

_STAFF: Final = "SELECT id, key_id, sealed FROM people WHERE role = ANY($1) ORDER BY id"
_STOPPED: Final = "SELECT person_id, channel FROM channel_opt_outs WHERE person_id = ANY($1)"
_CONTACTS: Final = TypeAdapter(tuple[Contact, ...])


class StaffSnapshot:
    """How staff are reached, as last read from the directory.

    Args:
        pool: The database of the directory.
        people: The directory.
        cipher: Seals the file.
        path: The file; without one, the snapshot lasts as long as this process.
    """

    def __init__(self, pool: Pool, people: People, cipher: Cipher, path: Path | None) -> None:
        self._pool, self._people, self._cipher, self._path = pool, people, cipher, path
        self._known: Mapping[str, Contact] = {}
        self._log = structlog.get_logger(__name__)

    def get(self, person_id: str) -> Contact | None:
        """How somebody of the staff was reached when PostgreSQL was last asked; None for anybody else."""
        return self._known.get(person_id)

    def load(self) -> None:
        """Read the file of an earlier process. One that cannot be used counts as none, and is said to be so."""
        if self._path is None or not self._path.exists():
            return
        try:
            document = json.loads(self._path.read_bytes())
            sealed = bytes.fromhex(document["sealed"])
            found = _CONTACTS.validate_json(self._cipher.open(SNAPSHOT, document["key_id"], sealed))
        except (OSError, ValueError, KeyError, TypeError, UnknownKey, NotAuthentic, ValidationError) as flaw:
            # The kind only: a validation error quotes what was read.
            self._log.error("the snapshot of the staff directory cannot be read", flaw=type(flaw).__name__)
            return
        self._known = {contact.id: contact for contact in found}

    async def refresh(self) -> None:
        """Read the directory anew and replace the file in one step.

        Raises:
            DatabaseUnavailable: See :func:`activities.database.database_errors`; DatabaseRefused likewise. What was
                known stays known.
        """
        with database_errors():
            rows = await self._pool.fetch(_STAFF, [role.value for role in STAFF])
            stopped = await self._pool.fetch(_STOPPED, [row["id"] for row in rows])
        known: dict[str, Contact] = {}
        for row in rows:
            try:
                contact = self._people.opened(row["id"], row["key_id"], row["sealed"])
            except DirectoryDamaged:
                # The others are to be reached all the same; an entry that was readable before is better than none.
                self._log.error("an entry of the staff directory cannot be read")
                if row["id"] in self._known:
                    known[row["id"]] = self._known[row["id"]]
                continue
            ended = tuple(Channel(one["channel"]) for one in stopped if one["person_id"] == contact.id)
            known[contact.id] = contact.model_copy(update={"opted_out": (*contact.opted_out, *ended)})
        if known != self._known or (self._path is not None and not self._path.exists()):
            self._known = known
            await asyncio.to_thread(self._write, tuple(known.values()))

    async def keep(self) -> None:
        """Refresh now and again, for ever; an outage is waited out."""
        while True:
            try:
                await self.refresh()
            except Exception as trouble:
                # Whatever it is, a page must not lose what is known: say it, and try again.
                self._log.warning("the staff directory was not read", trouble=type(trouble).__name__)
            await asyncio.sleep(REFRESH_SECONDS)

    def _write(self, contacts: Sequence[Contact]) -> None:
        if self._path is None:
            return
        key_id, sealed = self._cipher.seal(SNAPSHOT, _CONTACTS.dump_json(tuple(contacts)))
        document = json.dumps({"key_id": key_id, "sealed": sealed.hex()})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # A name of its own, open to its owner only: several workers may share the folder.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(document)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as flaw:
            self._log.error("the snapshot of the staff directory cannot be written", flaw=type(flaw).__name__)
