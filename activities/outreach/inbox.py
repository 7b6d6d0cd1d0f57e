"""The portal's inbox: messages that wait behind a login, sealed in PostgreSQL."""

from __future__ import annotations

from typing import Final

from activities.cipher import Cipher, NotAuthentic
from activities.database import Pool, database_errors
from activities.keyring import UnknownKey
from activities.outreach.ports import ChannelUnavailable, Parcel
from schemas.views import InboxEntry, InboxText

INBOX: Final = "inbox"
"""Sub-key that seals what waits."""

_PUT: Final = """
    INSERT INTO inbox (message_id, person_id, pathway_id, key_id, sealed) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (message_id) DO NOTHING
"""

_READ: Final = """
    SELECT message_id, pathway_id, put_at, key_id, sealed FROM inbox WHERE person_id = $1
    ORDER BY put_at DESC, message_id LIMIT $2
"""


class InboxDamaged(Exception):
    """An entry cannot be opened; names its id, never its content."""


class Inbox:
    """Puts messages where their recipients find them after logging in."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    async def carry(self, parcel: Parcel) -> str:
        """Keep a message, in the transaction that marks it as sent: so it is there exactly once."""
        if parcel.connection is None:
            raise ChannelUnavailable("delivery_under_way", "no transaction", reached=True)
        message_id = parcel.request.id
        text = InboxText(subject=parcel.text.subject, body=parcel.text.body)
        key_id, sealed = self._cipher.seal(INBOX, text.model_dump_json().encode(), message_id.encode())
        await parcel.connection.execute(_PUT, message_id, parcel.recipient.id, parcel.pathway_id, key_id, sealed)
        return message_id


async def read_inbox(pool: Pool, cipher: Cipher, person_id: str, *, limit: int = 100) -> list[InboxEntry]:
    """What waits for a person, the newest first.

    Raises:
        InboxDamaged: An entry was altered, or its key is not in the keyring.
        DatabaseUnavailable: PostgreSQL does not answer.
    """
    with database_errors():
        rows = await pool.fetch(_READ, person_id, limit)
    entries = []
    for row in rows:
        try:
            plain = cipher.open(INBOX, row["key_id"], row["sealed"], row["message_id"].encode())
        except (UnknownKey, NotAuthentic):
            raise InboxDamaged(f"The inbox's entry {row['message_id']} cannot be read.") from None
        text = InboxText.model_validate_json(plain)
        known = {name: row[name] for name in ("message_id", "pathway_id", "put_at")}
        entries.append(InboxEntry(**known, subject=text.subject, body=text.body))
    return entries
