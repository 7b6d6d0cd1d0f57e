"""The door before a pathway: the id of a person, and which clocks and protocols are let in."""

import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from temporalio.exceptions import ApplicationError

from activities.admission import AdmissionDesk, pathway_id_of
from activities.keyring import Keyring, create_keyring, rotate_keyring
from activities.protocols import ProtocolInvalid, load_protocol
from schemas.base import Id
from schemas.clock import Clock
from schemas.moving import Candidate
from schemas.referral import Person, Referral, ReferralSource
from schemas.treatment import Setting

KEYRING = Keyring.in_memory()
FAST = Clock(scale=1000.0)
ELSEWHERE = Clock(epoch=datetime(2026, 3, 1, tzinfo=UTC))
PROTOCOLS = Path(__file__).parents[2] / "schemas" / "protocols"


def person(given: str = "Wren", family: str = "Fable", birth_date: date = date(1987, 6, 5)) -> Person:
    return Person(
        given_name=given,
        family_name=family,
        birth_date=birth_date,
        email="wren@example.org",
        zone="America/Denver",
        residence="CO",
    )


def referral(patient: Person | None = None, clock: Clock | None = None) -> Referral:
    return Referral(
        referral_id="R-1",
        sender="example-clinic",
        source=ReferralSource.SELF,
        patient=patient or person(),
        setting=Setting.CLINIC,
        concern="Low mood",
        clock=clock or Clock(),
    )


def desk(protocol: str = "kap-default", *, simulation: bool = False, unsigned: bool = True) -> AdmissionDesk:
    return AdmissionDesk(KEYRING, protocol, allow_simulation=simulation, allow_unsigned_protocol=unsigned)


@pytest.mark.parametrize(("allowed", "signed"), [(True, True), (True, False), (False, True)])
async def test_a_version_to_move_to_is_let_pass(allowed: bool, signed: bool) -> None:
    await desk(unsigned=allowed).admit_protocol(Candidate(name="clinic:2027.01-1", signed=signed))


async def test_an_unsigned_version_to_move_to_needs_permission() -> None:
    with pytest.raises(ApplicationError) as caught:
        await desk(unsigned=False).admit_protocol(Candidate(name="clinic:2027.01-1", signed=False))
    assert (caught.value.type, caught.value.non_retryable) == ("protocol_unsigned", True)
    assert caught.value.details[0]["field"] == "protocol.signature"


async def test_the_same_person_gets_the_same_opaque_id() -> None:
    first = await desk().admit_referral(referral())
    again = await desk().admit_referral(referral().model_copy(update={"referral_id": "R-2", "concern": "Other"}))
    assert first == again
    assert first.protocol == load_protocol("kap-default")
    TypeAdapter(Id).validate_python(first.pathway_id)
    assert first.pathway_id.startswith("p-")
    assert len(first.pathway_id) == 28
    assert first.pathway_id == first.pathway_id.lower()


@pytest.mark.parametrize(
    ("typed", "otherwise"),
    [
        (person("Wren", "Fable"), person("  wREN ", "FABLE")),
        (person("Mary Ann"), person("Mary \t  Ann")),
        (person("Zoë"), person(unicodedata.normalize("NFD", "ZOË"))),
        (person(family="Straße"), person(family="STRASSE")),
        (person("ﬁona"), person("Fiona")),
        (person("Wren"), person("Ｗｒｅｎ")),
    ],
)
def test_how_a_name_is_typed_does_not_matter(typed: Person, otherwise: Person) -> None:
    assert pathway_id_of(KEYRING, typed) == pathway_id_of(KEYRING, otherwise)


def test_what_is_only_reached_by_mail_does_not_make_another_person() -> None:
    moved = person().model_copy(update={"email": "new@example.org", "zone": "Europe/Berlin", "residence": "NM"})
    assert pathway_id_of(KEYRING, moved) == pathway_id_of(KEYRING, person())


@pytest.mark.parametrize(
    "other",
    [
        person("Wrenn"),
        person(family="Fables"),
        person(birth_date=date(1987, 5, 6)),
        person("Fable", "Wren"),
        person("Wren\x1fFable", "x"),
        person("W", "ren Fable"),
        person("Wren Fable", "|"),
    ],
)
def test_different_people_get_different_ids(other: Person) -> None:
    assert pathway_id_of(KEYRING, other) != pathway_id_of(KEYRING, person())


def test_the_id_needs_the_key_and_outlives_its_rotation(tmp_path: Path) -> None:
    before = create_keyring(tmp_path / "keyring.json")
    after = rotate_keyring(tmp_path / "keyring.json")
    assert after.active != before.active
    assert pathway_id_of(after, person()) == pathway_id_of(before, person())
    assert pathway_id_of(KEYRING, person()) != pathway_id_of(before, person())


@pytest.mark.parametrize("clock", [FAST, ELSEWHERE], ids=["fast", "elsewhere"])
async def test_a_simulated_clock_is_refused_unless_allowed(clock: Clock) -> None:
    for attempt in (desk().admit_referral(referral(clock=clock)), desk().admit_clock(clock)):
        with pytest.raises(ApplicationError) as caught:
            await attempt
        assert (caught.value.type, caught.value.non_retryable) == ("simulation_not_allowed", True)
        (refusal,) = caught.value.details
        assert (refusal["code"], refusal["field"]) == ("simulation_not_allowed", "clock")
    await desk(simulation=True).admit_referral(referral(clock=clock))
    await desk(simulation=True).admit_clock(clock)


async def test_real_time_is_always_admitted() -> None:
    await desk().admit_clock(Clock())
    await desk().admit_clock(Clock().anchored(datetime(2026, 3, 1, tzinfo=UTC)))


async def test_a_protocol_nobody_signed_is_refused_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(ApplicationError, match="No medical director") as caught:
        await desk(unsigned=False).admit_referral(referral())
    assert (caught.value.type, caught.value.non_retryable) == ("protocol_unsigned", True)
    assert "Wren" not in repr((caught.value, caught.value.details))

    signed = tmp_path / "signed.yaml"
    signature = "signature: {signed_by: Dr Elm Fable, signed_on: 2026-11-01}"
    signed.write_text((PROTOCOLS / "kap-default.yaml").read_text().replace("signature: null", signature))
    admission = await desk(str(signed), unsigned=False).admit_referral(referral())
    assert admission.protocol.signature is not None


def test_no_worker_starts_with_a_wrong_protocol() -> None:
    with pytest.raises(ProtocolInvalid):
        desk("kap-nowhere")
