"""Words about a person are planted wherever a person's words can go, and looked for wherever they must not be."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError

from activities.keyring import load_keyring
from clients.client import KapClient
from clients.errors import Refused
from schemas.actors import Actor, CareTeam, Role
from schemas.commands import (
    AcceptMedication,
    AcceptReferral,
    Command,
    DecideScreening,
    DeclineReferral,
    RecordConsent,
    RecordHealthHistory,
    RecordMeasure,
    RecordMedications,
    SignPreparationNote,
)
from schemas.measures import Instrument
from schemas.messages import Contact
from schemas.preparation import PreparationItem
from schemas.referral import Referral
from tests.support.care import BASELINE
from tests.support.dev_server import stranger
from tests.support.eventually import eventually
from workers.settings import Settings
from workers.stack import Stack, StackOptions, read_mails

pytestmark = pytest.mark.asyncio(loop_scope="module")

GIVEN, FAMILY, CONCERN, GOAL, REASON, INTENTION, FORGED, MEDICATION = (
    f"Canary{word}Zq7" for word in ("Given", "Family", "Concern", "Goal", "Reason", "Intention", "Forged", "Medication")
)
ADDRESS = "canaryaddresszq7@example.org"
CANARIES = (GIVEN, FAMILY, CONCERN, GOAL, REASON, INTENTION, FORGED, MEDICATION)

REFERRAL = {
    "referral_id": "r-canary",
    "sender": "fern-practice",
    "source": "self",
    "patient": {
        "given_name": GIVEN,
        "family_name": FAMILY,
        "birth_date": "1987-03-09",
        "email": ADDRESS,
        "zone": "America/Denver",
        "residence": "CO",
    },
    "setting": "clinic",
    "concern": f"{CONCERN} for two years",
    "goals": [GOAL],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A whole local stack, as a clinic would run it."""
    folder = tmp_path_factory.mktemp("stack")
    async with Stack(StackOptions(folder, ephemeral_speed=True, handle_signals=False)):
        yield folder


def command(what: type[Command], role: Role, **values: Any) -> Command:
    return what(command_id=f"c-{what.verb}", actor=Actor(id=f"{role}-1", role=role), reason=REASON, **values)


async def test_no_store_log_or_mail_says_anything_about_a_person(stack: Path) -> None:
    settings = Settings(state_dir=stack)
    async with await KapClient.connect(settings) as client:
        pathway_id = await planted(client)
        assert settings.keyring
        await refusals(client, settings.keyring, pathway_id)

        async def mailed() -> bool:
            return len(read_mails(stack / "mail")) >= 1

        await eventually(mailed, timeout=20)
        shown = str((await client.temporal.get_workflow_handle(pathway_id).describe()).raw_info)
        for canary in CANARIES:
            assert canary not in shown
            assert canary not in pathway_id
    found = [f"{canary} in {where}" for where, text in stored(stack) for canary in CANARIES if canary.encode() in text]
    assert not found
    # What may be readable is found, so the search does look into the stores.
    readable = {where.name for where, text in stored(stack) if pathway_id.encode() in text}
    assert any(name.startswith("temporal.db") for name in readable)
    await database_is_sealed(str(settings.database_url))
    for mail in read_mails(stack / "mail"):
        text = mail.as_string().lower()
        assert not [word for word in ("ketamine", "psychotherap", "suicid", "depress") if word in text]


async def planted(client: KapClient) -> str:
    """A pathway with canaries in every free text."""
    pathway_id = (await client.refer(Referral.model_validate_json(json.dumps(REFERRAL)))).pathway_id
    await client.put_people(
        [Contact(id="dr-1", role=Role.PHYSICIAN, name="Fable Sage", email="dr@example.org", zone="America/Denver")]
    )
    team = CareTeam(physician_id="dr-1", therapist_id="th-1", coordinator_id="co-1")
    await client.do(pathway_id, command(AcceptReferral, Role.COORDINATOR, care_team=team))
    await client.do(
        pathway_id,
        command(
            RecordHealthHistory,
            Role.NURSE,
            age_years=41,
            childbearing_potential=False,
            conditions=(),
            every_condition_asked=True,
        ),
    )
    await client.do(pathway_id, command(RecordMedications, Role.PATIENT, names=(MEDICATION,)))
    await client.do(pathway_id, command(AcceptMedication, Role.PHYSICIAN, name=MEDICATION))
    for number, (instrument, answers) in enumerate(BASELINE.items()):
        said = {"instrument": Instrument(instrument), "answers": answers}
        recorded = command(RecordMeasure, Role.NURSE, **said).model_copy(update={"command_id": f"c-measure-{number}"})
        await client.do(pathway_id, recorded)
    await client.do(pathway_id, command(DecideScreening, Role.PHYSICIAN, eligible=True))
    disclosures = tuple(RecordConsent.example["acknowledged"])
    signed = command(RecordConsent, Role.PATIENT, kind="treatment", version="2026-11", acknowledged=disclosures)
    await client.do(pathway_id, signed)
    note = command(SignPreparationNote, Role.THERAPIST, intentions=(INTENTION,), goals=(GOAL,), minutes=60)
    note = note.model_copy(update={"checklist": tuple(PreparationItem)})
    await client.do(pathway_id, note)
    return pathway_id


async def refusals(client: KapClient, keyring_file: Path, pathway_id: str) -> None:
    """Refused commands and malformed ones, with canaries in the values and in the names of fields."""
    with pytest.raises(Refused):
        await client.do(pathway_id, command(DeclineReferral, Role.COORDINATOR))
    other = (await stranger(client.temporal, load_keyring(keyring_file))).get_workflow_handle(pathway_id)
    for document in ({FORGED: 1}, {"command_id": FORGED * 20}, {"actor": {"id": FORGED, "role": FORGED}}, FORGED):
        with pytest.raises(WorkflowUpdateFailedError):
            await other.execute_update("record_consent", document)


def stored(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of the stack: Temporal's database, PostgreSQL's data, logs."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_socket():
            yield path.relative_to(folder), path.read_bytes()


async def database_is_sealed(url: str) -> None:
    """No row of any table has a canary, nor the address, in any column."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in tables:
            rows = await connection.fetch(f'SELECT t::text AS line FROM "{table["tablename"]}" t')
            for row in rows:
                for canary in (*CANARIES, ADDRESS):
                    assert canary not in row["line"]
                    assert canary.encode().hex() not in row["line"]
    finally:
        await connection.close()
