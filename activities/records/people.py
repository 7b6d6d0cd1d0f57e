"""The directory: how people are reached, and who a patient is. Sealed; found by an opaque id only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from temporalio import activity

from activities.cipher import Cipher, NotAuthentic
from activities.database import Pool, database_errors
from activities.keyring import PERSON_INDEX, UnknownKey
from schemas.actors import Role
from schemas.base import Model
from schemas.messages import Contact
from schemas.people import PutContact
from schemas.records import ActivityName
from schemas.referral import Person

CONTACT: Final = "people"
"""Sub-key that seals how somebody is reached."""

PERSON: Final = "people-person"
"""Sub-key that seals who a patient is: what sends messages has no need of it."""

_PUT: Final = """
    INSERT INTO people AS kept (id, role, zone, key_id, sealed, person_key_id, sealed_person, phone_index)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO UPDATE SET
        role = excluded.role, zone = excluded.zone, key_id = excluded.key_id, sealed = excluded.sealed,
        person_key_id = coalesce(excluded.person_key_id, kept.person_key_id),
        sealed_person = coalesce(excluded.sealed_person, kept.sealed_person),
        phone_index = excluded.phone_index,
        updated_at = now()
"""

M = TypeVar("M", bound=Model)


class DirectoryDamaged(Exception):
    """An entry cannot be opened; names its id, never its content."""

    def __init__(self, person_id: str, why: str) -> None:
        super().__init__(f"The directory's entry {person_id} cannot be read: {why}.")


class People:
    """The people of the care team and the patients, by id. Every method raises DatabaseUnavailable in an outage."""

    def __init__(self, pool: Pool, cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher

    @activity.defn(name=ActivityName.PUT_CONTACT)
    async def put_contact(self, request: PutContact) -> None:
        """Keep how somebody is reached; for a patient also who that is."""
        await self.put(request.contact, request.person)

    async def put(self, contact: Contact, person: Person | None = None) -> None:
        """Add somebody, or replace what is known. Without ``person``, what is known of who they are stays."""
        key_id, sealed = self._cipher.seal(CONTACT, contact.model_dump_json().encode(), contact.id.encode())
        person_key_id = sealed_person = None
        if person is not None:
            person_key_id, sealed_person = self._cipher.seal(
                PERSON, person.model_dump_json().encode(), contact.id.encode()
            )
        with database_errors():
            await self._pool.execute(
                *(_PUT, contact.id, contact.role, contact.zone, key_id, sealed, person_key_id, sealed_person),
                self._phone_index(contact.phone) if contact.phone else None,
            )

    async def with_phone(self, phone: str) -> Sequence[str]:
        """Ids of everybody who is reached under a number (E.164); couples and families share one."""
        with database_errors():
            rows = await self._pool.fetch(
                "SELECT id FROM people WHERE phone_index = $1 ORDER BY id", self._phone_index(phone)
            )
        return [row["id"] for row in rows]

    async def get(self, person_id: str) -> Contact | None:
        """How somebody is reached; None for an unknown id.

        Raises:
            DirectoryDamaged: The entry was altered, or its key is not in the keyring.
        """
        with database_errors():
            row = await self._pool.fetchrow("SELECT id, key_id, sealed FROM people WHERE id = $1", person_id)
        return self._contact(row) if row else None

    async def get_person(self, person_id: str) -> Person | None:
        """Who a patient is; None for an unknown id or somebody of the care team.

        Raises:
            DirectoryDamaged: The entry was altered, or its key is not in the keyring.
        """
        with database_errors():
            row = await self._pool.fetchrow("SELECT person_key_id, sealed_person FROM people WHERE id = $1", person_id)
        if row is None or row["sealed_person"] is None:
            return None
        return self._opened(Person, PERSON, person_id, row["person_key_id"], row["sealed_person"])

    async def list(self, role: Role | None = None) -> Sequence[Contact]:
        """Everybody, or everybody in ``role``, by id.

        Raises:
            DirectoryDamaged: An entry was altered, or its key is not in the keyring.
        """
        with database_errors():
            rows = await self._pool.fetch(
                "SELECT id, key_id, sealed FROM people WHERE $1::text IS NULL OR role = $1 ORDER BY id", role
            )
        return [self._contact(row) for row in rows]

    def _phone_index(self, phone: str) -> bytes:
        return hmac.digest(self._cipher.keyring.derive(PERSON_INDEX), f"phone\x1f{phone}".encode(), hashlib.sha256)

    def opened(self, person_id: str, key_id: str, sealed: bytes) -> Contact:
        """A row's contact.

        Raises:
            DirectoryDamaged: It was altered, or its key is not in the keyring.
        """
        return self._opened(Contact, CONTACT, person_id, key_id, sealed)

    def _contact(self, row: Any) -> Contact:
        return self.opened(row["id"], row["key_id"], row["sealed"])

    def _opened(self, model: type[M], purpose: str, person_id: str, key_id: str, sealed: bytes) -> M:
        try:
            return model.model_validate_json(self._cipher.open(purpose, key_id, sealed, person_id.encode()))
        except UnknownKey:
            raise DirectoryDamaged(person_id, "its key is not in the keyring") from None
        except NotAuthentic:
            raise DirectoryDamaged(person_id, "it was altered") from None
        except ValidationError:
            # Not chained: its text quotes what was read.
            raise DirectoryDamaged(person_id, "this release does not know its form") from None
