"""Nothing about a person is readable in the database, nor in what the server writes beside it."""

from datetime import UTC, date, datetime

import asyncpg
import pytest

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.records.journal import Journal
from activities.records.people import People
from schemas.actors import Actor, Role
from schemas.base import Model
from schemas.facts import (
    DebriefRecorded,
    InsightCaptured,
    MessageRequested,
    PreparationNoteSigned,
    ReferralReceived,
    VitalsRecorded,
    WorkItemClosed,
)
from schemas.messages import Contact, MessageRequest, Template
from schemas.referral import Person, ReferralSource
from schemas.treatment import Reading, Setting, Vitals
from schemas.work import WorkKind
from tests.support.journal import batch, chain, opened
from tests.support.postgres import PostgresServer

pytest_plugins = ["tests.support.postgres"]

CANARY = "Canary"
BIRTH_DATE = date(1987, 6, 5)
READING = Reading(
    vitals=Vitals(systolic=138, diastolic=88, heart_rate=77, spo2=98), measured_at=datetime(2026, 3, 2, 9, tzinfo=UTC)
)

FACTS = [
    ReferralReceived(
        referral_id="R-1",
        source=ReferralSource.SELF,
        setting=Setting.HOME,
        zone="America/Denver",
        residence="CO",
        concern="Canary concern",
        goals=("Canary goal",),
        therapist_id=None,
    ),
    PreparationNoteSigned(
        cycle=1, intentions=("Canary intention",), recent_stressors=("Canary stressor",), goals=("Canary goal",)
    ),
    VitalsRecorded(session_id="S1", reading=READING),
    InsightCaptured(session_id="S1", insight="Canary insight"),
    DebriefRecorded(session_id="S1", summary="Canary summary"),
    opened(1),
    WorkItemClosed(item_id="W1", kind=WorkKind.SCHEDULE_SESSION),
    MessageRequested(
        message=MessageRequest(
            id="e-1-M1", template=Template.SESSION_REMINDER, to_role=Role.PATIENT, to_id="p-1", about="W1"
        )
    ),
]


async def everything(pool: Pool) -> str:
    """All rows of all tables as text, and once more with their bytes as characters."""
    said = []
    for (table,) in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        for row in await pool.fetch(f"SELECT t::text AS line, t.* FROM {table} AS t"):
            said.append(row["line"])
            said += [value.decode("latin-1") for value in row.values() if isinstance(value, bytes)]
    return "\n".join(said)


async def test_no_column_tells_anything_about_a_person(postgres: PostgresServer, pool: Pool) -> None:
    cipher = Cipher(Keyring.in_memory())
    people = People(pool, cipher)
    person = Person(
        given_name="Canary",
        family_name="Fable",
        birth_date=BIRTH_DATE,
        email="canary@example.org",
        zone="America/Denver",
        residence="CO",
    )
    await people.put(
        Contact(id="p-1", role=Role.PATIENT, name="Canary Fable", email="canary@example.org", zone="America/Denver"),
        person,
    )
    events = chain(FACTS, actor=Actor(id="staff-ash", role=Role.PHYSICIAN), reason="Canary reason")
    await Journal(pool, cipher).write_journal(batch(events))

    said = await everything(pool)
    for known in ("p-1", "staff-ash", "insight_captured", "e-1-M1", "America/Denver"):
        assert known in said, "the search must be able to find what is there"
    for hidden in ("canary", "fable", BIRTH_DATE.isoformat(), "systolic"):
        assert hidden not in said.lower()

    await pool.execute("CHECKPOINT")
    own = await pool.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    folder = postgres.log.parent
    written = [postgres.log, *folder.glob(f"data/base/{own}/*"), *folder.glob("data/pg_wal/*")]
    on_disk = b"".join(path.read_bytes() for path in written if path.is_file())
    assert b"staff-ash" in on_disk
    assert CANARY.encode() not in on_disk
    assert CANARY.lower().encode() not in on_disk


async def test_a_refusal_of_the_server_is_not_logged_with_its_data(postgres: PostgresServer, pool: Pool) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        await pool.execute("INSERT INTO people (id, role, zone, key_id) VALUES ($1, 'x', 'x', 'x')", "CanaryInLog")
    assert b"CanaryInLog" not in postgres.log.read_bytes()


def test_the_canaries_are_in_every_text_that_is_journalled() -> None:
    """A fact added to the list above without a canary would be searched for nothing."""
    for fact in FACTS:
        texts = [value for value in flat(fact) if " " in value]
        assert all(CANARY in text for text in texts)


def flat(value: object) -> list[str]:
    if isinstance(value, Model):
        return [text for _, field in value for text in flat(field)]
    if isinstance(value, tuple):
        return [text for each in value for text in flat(each)]
    return [value] if isinstance(value, str) else []
