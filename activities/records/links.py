"""Links by which somebody of another practice works on a pathway without an account."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

from activities.database import Pool, database_errors
from schemas.views import LinkRow

_CREATE: Final = """
    INSERT INTO portal_links (link_id, pathway_id, person_id, expires_at) VALUES ($1, $2, $3, now() + $4) RETURNING *
"""
_FIND: Final = "SELECT * FROM portal_links WHERE link_id = $1 AND revoked_at IS NULL AND expires_at > now()"
_USED: Final = "UPDATE portal_links SET last_used_at = now() WHERE link_id = $1"
_LIST: Final = "SELECT * FROM portal_links WHERE pathway_id = $1 ORDER BY created_at, link_id"
_REVOKE: Final = "UPDATE portal_links SET revoked_at = coalesce(revoked_at, now()) WHERE link_id = $1 RETURNING *"


class Links:
    """The links there are. Every method raises DatabaseUnavailable or DatabaseRefused in an outage."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, pathway_id: str, person_id: str, valid_for: timedelta) -> LinkRow:
        """A new link; the ones before it stay as they are."""
        link_id = f"L{secrets.token_hex(8)}"
        return self._row(await self._one(_CREATE, link_id, pathway_id, person_id, valid_for))

    async def find(self, link_id: str) -> LinkRow | None:
        """The link, if it is neither revoked nor expired."""
        row = await self._one(_FIND, link_id)
        return self._row(row) if row is not None else None

    async def used(self, link_id: str) -> None:
        """Note that something was said by it now."""
        with database_errors():
            await self._pool.execute(_USED, link_id)

    async def revoke(self, link_id: str) -> LinkRow | None:
        """End a link; None if there is none. One that was revoked before keeps its time."""
        row = await self._one(_REVOKE, link_id)
        return self._row(row) if row is not None else None

    async def of_pathway(self, pathway_id: str) -> list[LinkRow]:
        """Every link of a pathway, oldest first."""
        with database_errors():
            rows = await self._pool.fetch(_LIST, pathway_id)
        return [self._row(row) for row in rows]

    async def _one(self, query: str, *arguments: Any) -> Any:
        with database_errors():
            return await self._pool.fetchrow(query, *arguments)

    @staticmethod
    def _row(row: Any) -> LinkRow:
        return LinkRow.model_validate(dict(row.items()), strict=False)
