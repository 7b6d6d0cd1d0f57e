"""Likenesses between people: found however a name is typed, told apart from strangers, and readable to nobody."""

import asyncio
from datetime import date

import pytest

from activities.database import Pool
from activities.keyring import Keyring
from activities.records.identities import Identities, skeleton
from schemas.people import CompareIdentity
from schemas.referral import Match, MatchBasis, Person

pytest_plugins = ["tests.support.postgres"]

JON = Person(
    given_name="Jon",
    family_name="Fable",
    birth_date=date(1987, 6, 5),
    email="jon@example.org",
    zone="America/Denver",
    residence="CO",
)
BORN_FAMILY, BORN_GIVEN = MatchBasis.BIRTH_DATE_AND_FAMILY_NAME, MatchBasis.BIRTH_DATE_AND_GIVEN_NAME
EMAIL_BORN = MatchBasis.EMAIL_AND_BIRTH_DATE
NOBODY = {"given_name": "Wren", "family_name": "Pretend", "birth_date": date(1950, 1, 2), "email": "w@example.org"}


@pytest.fixture
def identities(pool: Pool) -> Identities:
    return Identities(pool, Keyring.in_memory())


async def matches(identities: Identities, pathway_id: str, person: Person) -> tuple[Match, ...]:
    comparison = await identities.compare_identity(CompareIdentity(pathway_id=pathway_id, person=person))
    return comparison.matches


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        (
            {"given_name": "John"},
            (BORN_FAMILY, BORN_GIVEN, EMAIL_BORN, MatchBasis.EMAIL_AND_GIVEN_NAME),
        ),
        ({"given_name": "Ada", "family_name": "Stone"}, (EMAIL_BORN,)),
        ({"given_name": "Ada", "email": "ada@example.org"}, (BORN_FAMILY,)),
        ({"family_name": "Storybook", "email": "j@example.org"}, (BORN_GIVEN,)),
        ({"birth_date": date(1987, 5, 6), "email": "j@example.org"}, (MatchBasis.NAMES,)),
        ({"family_name": "FABEL", "given_name": "Ada", "email": "a@example.org"}, (BORN_FAMILY,)),
        ({**NOBODY, "given_name": "Jonn", "email": "JON@example.org"}, (MatchBasis.EMAIL_AND_GIVEN_NAME,)),
    ],
)
async def test_a_likeness_is_found(
    identities: Identities, changes: dict[str, object], basis: tuple[MatchBasis, ...]
) -> None:
    assert await matches(identities, "p-1", JON) == ()
    found = await matches(identities, "p-2", JON.model_copy(update=changes))
    assert found == (Match(pathway_id="p-1", basis=basis, open=True),)


async def test_a_stranger_is_nobody(identities: Identities) -> None:
    await matches(identities, "p-1", JON)
    assert await matches(identities, "p-2", JON.model_copy(update=NOBODY)) == ()
    spouse = {
        **NOBODY,
        "given_name": "Ada",
        "birth_date": date(1951, 1, 2),
        "email": JON.email,
        "family_name": JON.family_name,
    }
    assert await matches(identities, "p-3", JON.model_copy(update=spouse)) == ()


async def test_asked_again_it_answers_the_same(identities: Identities) -> None:
    await matches(identities, "p-1", JON)
    first = await matches(identities, "p-2", JON)
    assert await matches(identities, "p-2", JON) == first
    assert len(first) == 1


async def test_of_two_that_arrive_together_one_sees_the_other(identities: Identities) -> None:
    found = await asyncio.gather(*(matches(identities, f"p-{number}", JON) for number in range(6)))
    assert sorted(len(one) for one in found) == list(range(6))


async def test_nothing_of_a_person_can_be_read(identities: Identities, pool: Pool) -> None:
    await matches(identities, "p-1", JON)
    stored = str(await pool.fetch("SELECT * FROM identity_keys")).casefold()
    assert [word for word in ("jon", "fable", "1987", "example") if word in stored] == []


async def test_another_key_makes_other_hashes(identities: Identities, pool: Pool) -> None:
    await matches(identities, "p-1", JON)
    assert await matches(Identities(pool, Keyring.in_memory()), "p-2", JON) == ()


@pytest.mark.parametrize(
    ("one", "other"), [("Jon", "John"), ("Meyer", "Maier"), ("Anna", "Ana"), ("O'Neil", "ONeill"), ("Zoë", "Zoe")]
)
def test_spellings_are_alike(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize("name", ["李", "Ó", "A", "Élan"])
def test_every_name_leaves_something(name: str) -> None:
    assert skeleton(name)
