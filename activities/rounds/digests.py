"""The morning digest: who is owed one now, and what it counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.database import Pool, database_errors
from activities.outreach.routing import instant_of, local_day
from schemas.actors import STAFF, Role
from schemas.messages import ClinicCounts, DigestCounts, MessageRequest, Template
from schemas.protocol.rounds import RoundRules
from schemas.records import ActivityName
from schemas.rounds import DIGEST_EVERY, DigestOrder, Digests

_STAFF: Final = "SELECT id, role, zone FROM people WHERE role = ANY($1) ORDER BY id"

# What nobody has taken by name is owed by everybody of the role.
_OWED: Final = """
    SELECT who.id, count(*) AS open,
           count(*) FILTER (WHERE item.steps > 0 OR item.due_at <= $4) AS overdue,
           count(*) FILTER (WHERE item.steps = 0 AND item.due_at > $4 AND item.due_at < who.day_ends) AS today
    FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS who (id, role, day_ends)
    JOIN work_items AS item ON item.closed_at IS NULL
        AND (item.owner_id = who.id OR (item.owner_id IS NULL AND item.owner_role = who.role))
    GROUP BY who.id
"""

_CLINIC: Final = """
    SELECT (SELECT count(*) FROM work_items WHERE closed_at IS NULL AND (steps > 0 OR due_at <= $1)) AS overdue,
           (SELECT count(*) FROM work_items WHERE closed_at IS NULL AND hard_limit <= $1) AS past_limit,
           (SELECT count(*) FROM pathway_endings WHERE ends_at > $1 AND ends_at <= $2) AS ending,
           (SELECT count(*) FROM inventory_findings WHERE NOT repaired) AS findings
"""


class Recipient(NamedTuple):
    """Somebody of the staff, and the day of their digest."""

    id: str
    role: Role
    zone: str
    day: date


class DigestRound:
    """Counts what is owed, for each of the staff whose morning it is.

    Args:
        pool: The database of directory and read model.
        rules: When a morning is, and who oversees the clinic; without them nobody is owed a digest.
    """

    def __init__(self, pool: Pool, rules: RoundRules | None) -> None:
        self._pool, self._rules = pool, rules

    @activity.defn(name=ActivityName.COLLECT_DIGESTS)
    async def collect_digests(self, order: DigestOrder) -> Digests:
        """The digests that fell due since the round before. The same round asked again names them alike.

        Raises:
            ApplicationError: DatabaseUnavailable or DatabaseRefused.
        """
        if (rules := self._rules) is None:
            return Digests(messages=())
        with database_errors():
            staff = await self._pool.fetch(_STAFF, sorted(STAFF))
        due = [
            Recipient(row["id"], Role(row["role"]), row["zone"], day)
            for row in staff
            for day in days_due(order.at, rules, row["zone"])
        ]
        return Digests(messages=tuple(await self._composed(due, rules, datetime.now(UTC))) if due else ())

    async def _composed(self, due: Sequence[Recipient], rules: RoundRules, now: datetime) -> list[MessageRequest]:
        ends = [local_day(now, one.zone)[1] for one in due]
        with database_errors():
            owed = await self._pool.fetch(_OWED, [one.id for one in due], [one.role for one in due], ends, now)
            soon = now + timedelta(days=rules.ending_within_days.value)
            seen = await self._pool.fetchrow(_CLINIC, now, soon)
        clinic = ClinicCounts(**dict(seen.items())) if seen is not None and any(seen.values()) else None
        counts = {row["id"]: DigestCounts(open=row[1], overdue=row[2], today=row[3]) for row in owed}
        return list(_messages(due, counts, clinic, rules))


def _messages(
    due: Sequence[Recipient], counts: dict[str, DigestCounts], clinic: ClinicCounts | None, rules: RoundRules
) -> Iterator[MessageRequest]:
    """One for each who has something to look at; whoever owes nothing is left in peace."""
    for one in due:
        count = counts.get(one.id, DigestCounts(open=0, overdue=0, today=0))
        if one.role in rules.overseers:
            count = count.model_copy(update={"clinic": clinic})
        if count.open or count.clinic is not None:
            yield MessageRequest(
                id=digest_id(one.id, one.day),
                template=Template.DIGEST,
                to_role=one.role,
                to_id=one.id,
                about="digest",
                digest=count,
                expires_at=instant_of(one.day + timedelta(days=1), rules.digest_at, one.zone),
            )


def days_due(at: datetime, rules: RoundRules, zone: str) -> Iterator[date]:
    """The local days whose digest falls due in the span that a round at ``at`` covers; there is one of them at most."""
    today = at.astimezone(ZoneInfo(zone)).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        if at - DIGEST_EVERY < instant_of(day, rules.digest_at, zone) <= at:
            yield day


def digest_id(person_id: str, day: date) -> str:
    """The message of a person's day, whatever round sends it. Hashed, as an id may be as long as a message's whole."""
    return f"digest-{day:%Y%m%d}-{hashlib.sha256(person_id.encode()).hexdigest()[:20]}"
