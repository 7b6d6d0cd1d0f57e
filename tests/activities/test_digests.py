"""Morning digests: to each once a local day, at the hour of their own clock, counting what they owe."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring
from activities.outreach.texts import Texts, portal_link
from activities.records.journal import Journal
from activities.records.people import People
from activities.rounds.digests import DigestRound, days_due, digest_id
from schemas.actors import Role
from schemas.facts import WorkItemOpened
from schemas.messages import Contact, DigestCounts, MessageRequest, Template
from schemas.protocol.rounds import RoundRules
from schemas.rounds import CLINIC, DIGEST_EVERY, DigestOrder
from tests.support.journal import batch, chain, item
from tests.support.protocols import packaged

pytest_plugins = ["tests.support.postgres"]

ZONES = (
    *("America/Denver", "America/St_Johns", "Europe/Madrid", "Asia/Kathmandu", "Australia/Lord_Howe"),
    *("Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Sao_Paulo", "UTC"),
)


def rules(at: time = time(7)) -> RoundRules:
    found = packaged().rounds
    assert found is not None
    return found.model_copy(update={"digest_at": at})


def rounds(first: datetime, last: datetime) -> list[datetime]:
    """The instants at which rounds are made."""
    return [first + number * DIGEST_EVERY for number in range(int((last - first) / DIGEST_EVERY) + 1)]


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    start=st.dates(date(2026, 1, 2), date(2027, 12, 20)),
    hour=st.integers(0, 23),
    quarter=st.sampled_from((0, 15, 30, 45, 59)),
)
def test_every_local_day_has_one_round_that_owes_its_digest(zone: str, start: date, hour: int, quarter: int) -> None:
    began = datetime(start.year, start.month, start.day, tzinfo=UTC)
    made = rounds(began, began + timedelta(days=5))
    days = Counter(day for at in made for day in days_due(at, rules(time(hour, quarter)), zone))
    whole = [date.fromordinal(start.toordinal() + number) for number in (1, 2, 3)]
    assert [days[day] for day in whole] == [1, 1, 1]
    assert max(days.values()) == 1


@pytest.mark.parametrize(
    ("zone", "at", "day", "sent"),
    [
        # 2:30 is not there on 8 March, and is there twice on 1 November: once each.
        ("America/Denver", time(2, 30), date(2026, 3, 8), "2026-03-08T09:30:00+00:00"),
        ("America/Denver", time(1, 30), date(2026, 11, 1), "2026-11-01T07:30:00+00:00"),
        ("Australia/Lord_Howe", time(2, 15), date(2026, 10, 4), "2026-10-03T15:45:00+00:00"),
        ("Asia/Kathmandu", time(7), date(2026, 7, 1), "2026-07-01T01:15:00+00:00"),
    ],
)
def test_the_hour_is_that_of_the_recipients_clock(zone: str, at: time, day: date, sent: str) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    made = rounds((noon - timedelta(hours=20)).replace(minute=0), noon + timedelta(hours=20))
    assert [one.isoformat() for one in made if day in days_due(one, rules(at), zone)] == [sent]


async def contacts(pool: Pool, *people: tuple[str, Role, str]) -> None:
    directory = People(pool, Cipher(Keyring.in_memory()))
    for person, role, zone in people:
        await directory.put(Contact(id=person, role=role, name="Fable", email=f"{person}@example.org", zone=zone))


def morning(zone: str) -> datetime:
    """The round of this morning in a zone."""
    now = datetime.now(UTC)
    return datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(7), ZoneInfo(zone)).astimezone(UTC)


async def test_each_is_told_what_they_and_their_role_owe(pool: Pool) -> None:
    await contacts(
        pool,
        ("dr-sage", Role.PHYSICIAN, "America/Denver"),
        ("th-fern", Role.THERAPIST, "America/Denver"),
        ("co-moss", Role.COORDINATOR, "America/Denver"),
        ("nu-reed", Role.NURSE, "Europe/Madrid"),
        ("pat-1", Role.PATIENT, "America/Denver"),
    )
    far = 24 * 365 * 50
    work = [
        item(1, owner=Role.COORDINATOR),  # due long ago
        item(2, owner=Role.COORDINATOR, due_h=far),
        item(3, owner=Role.PHYSICIAN, owner_id="dr-sage", due_h=far),
        item(4, owner=Role.PHYSICIAN, owner_id="dr-other", due_h=1),
        item(5, owner=Role.NURSE, due_h=1),
    ]
    await Journal(pool, Cipher(Keyring.in_memory())).write_journal(
        batch(chain([WorkItemOpened(item=one) for one in work]))
    )
    found = await DigestRound(pool, rules()).collect_digests(DigestOrder(at=morning("America/Denver")))
    counts = {one.to_id: one.digest for one in found.messages}
    assert set(counts) == {"co-moss", "dr-sage"}  # the therapist owes nothing, the nurse's morning is another
    coordinator, physician = counts["co-moss"], counts["dr-sage"]
    assert coordinator is not None
    assert physician is not None
    assert (coordinator.open, coordinator.overdue, coordinator.today) == (2, 1, 0)
    assert (physician.open, physician.overdue, physician.today) == (1, 0, 0)
    assert coordinator.clinic is not None
    assert (coordinator.clinic.overdue, coordinator.clinic.findings) == (3, 0)
    assert coordinator.clinic == physician.clinic
    (again,) = {one.id for one in found.messages if one.to_id == "co-moss"}
    day = datetime.now(UTC).astimezone(ZoneInfo("America/Denver")).date()
    assert again == digest_id("co-moss", day)


async def test_nobody_is_told_of_nothing_and_without_rules_nobody_is_told(pool: Pool) -> None:
    await contacts(pool, ("co-moss", Role.COORDINATOR, "America/Denver"))
    order = DigestOrder(at=morning("America/Denver"))
    assert (await DigestRound(pool, rules()).collect_digests(order)).messages == ()
    await Journal(pool, Cipher(Keyring.in_memory())).write_journal(batch(chain([WorkItemOpened(item=item(1))])))
    assert len((await DigestRound(pool, rules()).collect_digests(order)).messages) == 1
    assert (await DigestRound(pool, None).collect_digests(order)).messages == ()


@pytest.mark.parametrize("clinic", [None, {"overdue": 4, "past_limit": 1, "ending": 2, "findings": 3}])
def test_a_digest_says_counts_and_nothing_else(clinic: dict[str, Any] | None) -> None:
    counts = DigestCounts.model_validate({"open": 7, "overdue": 5, "today": 6, "clinic": clinic})
    request = MessageRequest(
        id="digest-1",
        template=Template.DIGEST,
        to_role=Role.COORDINATOR,
        to_id="co-moss",
        about="digest",
        digest=counts,
    )
    recipient = Contact(id="co-moss", role=Role.COORDINATOR, name="Moss", email="m@example.org", zone="UTC")
    text = Texts().compose(request, recipient, portal_link("https://portal.example", CLINIC, "digest"))
    assert "7 open, of that 5 overdue and 6 due today." in text.body
    assert ("4 overdue, of that 1 past" in text.body) == (clinic is not None)
    assert ("3 records need a look" in text.body) == (clinic is not None)
    assert "https://portal.example/p/clinic/digest" in text.body
    assert "Moss" not in text.body
