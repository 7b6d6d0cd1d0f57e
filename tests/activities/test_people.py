"""The directory: sealed, replaced as a whole, and readable across a key rotation."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from activities.cipher import Cipher
from activities.database import Pool
from activities.keyring import Keyring, create_keyring, load_keyring, rotate_keyring
from activities.records.people import DirectoryDamaged, People
from schemas.actors import Role
from schemas.messages import Contact
from schemas.people import PutContact
from schemas.referral import Person

pytest_plugins = ["tests.support.postgres"]

WREN = Contact(id="p-1", role=Role.PATIENT, name="Wren Fable", email="wren@example.org", zone="America/Denver")
ASH = Contact(id="staff-ash", role=Role.PHYSICIAN, name="Dr Ash Fable", email="ash@example.org", zone="Europe/Berlin")
PERSON = Person(
    given_name="Wren",
    family_name="Fable",
    birth_date=date(1987, 6, 5),
    email="wren@example.org",
    zone="America/Denver",
    residence="CO",
)


@pytest.fixture
def people(pool: Pool) -> People:
    return People(pool, Cipher(Keyring.in_memory()))


async def test_somebody_is_found_by_id(people: People) -> None:
    await people.put_contact(PutContact(contact=WREN, person=PERSON))
    await people.put_contact(PutContact(contact=ASH))
    assert await people.get("p-1") == WREN
    assert await people.get_person("p-1") == PERSON
    assert await people.get("nobody") is None
    assert await people.get_person("nobody") is None
    assert await people.get_person("staff-ash") is None
    assert await people.list() == [WREN, ASH]
    assert await people.list(Role.PHYSICIAN) == [ASH]


async def test_who_a_patient_is_stays_when_only_the_address_changes(people: People) -> None:
    await people.put(WREN, PERSON)
    moved = WREN.model_copy(update={"email": "new@example.org", "zone": "America/New_York"})
    for _ in range(2):
        await people.put(moved)
    assert await people.get("p-1") == moved
    assert await people.get_person("p-1") == PERSON


async def test_the_two_sealed_columns_survive_a_key_rotation_between_them(pool: Pool, tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    before = People(pool, Cipher(create_keyring(path)))
    await before.put(WREN, PERSON)
    rotate_keyring(path)
    after = People(pool, Cipher(load_keyring(path)))
    await after.put(WREN)
    assert tuple(await pool.fetchrow("SELECT key_id, person_key_id FROM people") or ()) == ("k2", "k1")
    for directory in (before, after):
        assert (await directory.get("p-1"), await directory.get_person("p-1")) == (WREN, PERSON)


async def test_an_entry_put_under_another_id_is_noticed(people: People, pool: Pool) -> None:
    await people.put(WREN, PERSON)
    await people.put(ASH)
    await pool.execute("UPDATE people SET sealed = (SELECT sealed FROM people WHERE id = 'p-1') WHERE id = 'staff-ash'")
    with pytest.raises(DirectoryDamaged, match=r"staff-ash .* altered") as caught:
        await people.get("staff-ash")
    assert "Wren" not in repr(caught.value)
    await pool.execute("UPDATE people SET key_id = 'k9'")
    with pytest.raises(DirectoryDamaged, match="key is not in the keyring"):
        await people.get("p-1")


def test_only_of_a_patient_more_is_kept_than_how_to_reach_them() -> None:
    with pytest.raises(ValidationError, match="only of a patient"):
        PutContact(contact=ASH, person=PERSON)
