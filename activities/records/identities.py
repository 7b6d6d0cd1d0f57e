"""Who may be the same person as somebody known: keyed hashes of what two people have in common.

A hash can be compared and says nothing by itself. Every likeness goes to a human; nobody is merged here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from temporalio import activity

from activities.admission import plain
from activities.database import Pool, database_errors
from activities.keyring import PERSON_INDEX, Keyring
from schemas.people import CompareIdentity
from schemas.records import ActivityName
from schemas.referral import Comparison, Match, MatchBasis, Person

_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext('identity_keys'))"
"""One comparison at a time: of two that arrive together, the later one sees the earlier."""

_KEEP: Final = """
    INSERT INTO identity_keys (pathway_id, basis, key) SELECT $1, basis, key FROM unnest($2::text[], $3::bytea[])
        AS given (basis, key)
    ON CONFLICT (pathway_id, basis) DO UPDATE SET key = excluded.key
"""

_ALIKE: Final = """
    SELECT pathway_id, array_agg(basis ORDER BY basis) AS basis,
        coalesce((SELECT phase <> 'closed' FROM pathways WHERE pathways.pathway_id = known.pathway_id
                  ORDER BY opened_at DESC LIMIT 1), true) AS open
    FROM identity_keys AS known JOIN unnest($2::text[], $3::bytea[]) AS given (basis, key) USING (basis, key)
    WHERE pathway_id <> $1
    GROUP BY pathway_id
    ORDER BY min(created_at), pathway_id
"""

_SOFT: Final = re.compile(r"(?<=.)[aeiouyhw]|[^a-z]")
"""Letters in which two spellings of a name mostly differ: vowels after the first letter, and silent ones."""


class Identities:
    """Remembers and compares. Raises DatabaseUnavailable in an outage."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring

    @activity.defn(name=ActivityName.COMPARE_IDENTITY)
    async def compare_identity(self, request: CompareIdentity) -> Comparison:
        """Everybody else who may be this person, first known first. Asked again, it answers anew."""
        keys = self._keys(request.person)
        bases, values = [basis.value for basis in keys], list(keys.values())
        with database_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_LOCK)
                await connection.execute(_KEEP, request.pathway_id, bases, values)
                rows = await connection.fetch(_ALIKE, request.pathway_id, bases, values)
        return Comparison(
            matches=tuple(
                Match(
                    pathway_id=row["pathway_id"],
                    basis=tuple(MatchBasis(basis) for basis in row["basis"]),
                    open=row["open"],
                )
                for row in rows
            )
        )

    def _keys(self, person: Person) -> dict[MatchBasis, bytes]:
        given, family = skeleton(person.given_name), skeleton(person.family_name)
        born = person.birth_date.isoformat()
        parts = {
            MatchBasis.NAMES: (plain(person.given_name), plain(person.family_name)),
            MatchBasis.BIRTH_DATE_AND_FAMILY_NAME: (born, family),
            MatchBasis.BIRTH_DATE_AND_GIVEN_NAME: (born, given),
            # An address alone is nobody: couples and families share one.
            MatchBasis.EMAIL_AND_GIVEN_NAME: (plain(person.email), given),
            # With the day of birth it may be somebody who married, or twins: a human finds out.
            MatchBasis.EMAIL_AND_BIRTH_DATE: (plain(person.email), born),
        }
        secret = self._keyring.derive(PERSON_INDEX)
        return {
            basis: hmac.digest(secret, "\x1f".join((basis.value, *words)).encode(), hashlib.sha256)
            for basis, words in parts.items()
        }


def skeleton(name: str) -> str:
    """The letters of a name that spellings share: Jon and John, Meyer and Maier are alike; Jan and Jon are, too."""
    letters = _SOFT.sub("", plain(name))
    return re.sub(r"(.)\1+", r"\1", letters) or plain(name)
