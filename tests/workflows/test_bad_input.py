"""Whatever is sent, by ``kap``, by the raw ``temporal`` program or by another SDK: a code, and no trace."""

import asyncio
import json
from shutil import which
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from clients.errors import Refused
from schemas.actors import Role
from schemas.commands import AcceptReferral, DecideScreening, RecordMedications
from tests.support.dev_server import address_of, stranger
from tests.support.engine import ACTORS, TEAM, Engine, Hand, a_referral

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOOD: dict[str, Any] = {
    "command_id": "raw-1",
    "actor": {"id": "co-moss", "role": "coordinator"},
    "care_team": TEAM.model_dump(),
}
BAD = {
    "nothing in it": ({}, "field_missing", "command_id"),
    "unknown field": ({**GOOD, "nickname": "x"}, "unknown_field", "nickname"),
    "wrong type": ({**GOOD, "expected_version": "1"}, "wrong_type", "expected_version"),
    "unknown role": ({**GOOD, "actor": {"id": "x", "role": "wizard"}}, "unknown_value", "actor.role"),
    "naive datetime": ({**GOOD, "observed_at": "2026-01-01T10:00:00"}, "naive_datetime", "observed_at"),
    "no datetime": ({**GOOD, "observed_at": "soon"}, "invalid_value", "observed_at"),
    "future": ({**GOOD, "observed_at": "2199-01-01T10:00:00Z"}, "observed_in_future", "observed_at"),
    "stale version": ({**GOOD, "expected_version": 99}, "stale_version", "expected_version"),
    "role that may not": ({**GOOD, "actor": {"id": "x", "role": "patient"}}, "role_not_allowed", "actor.role"),
    "a list": ([], "wrong_type", None),
    "empty id": ({**GOOD, "command_id": ""}, "invalid_value", "command_id"),
}


async def history_length(hand: Hand) -> int:
    return (await hand.workflow.describe()).history_length


@pytest.mark.parametrize("case", BAD)
async def test_another_sdk_is_refused_with_code_and_field_and_leaves_no_trace(engine: Engine, case: str) -> None:
    document, code, field = BAD[case]
    hand = await engine.refer()
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    before = await hand.status()
    length = await history_length(hand)
    other = await stranger(engine.client.temporal, engine.server.keyring)
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await other.get_workflow_handle(hand.id).execute_update("accept_referral", document)
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.details[0]["field"]) == (code, field)
    assert cause.details[0]["sentence"]
    assert (await hand.status()).version == before.version
    assert await history_length(hand) == length
    await hand.do(RecordMedications, Role.PATIENT)
    assert await hand.failed_tasks() == 0


async def temporal(engine: Engine, *arguments: str) -> tuple[int, str]:
    """The raw ``temporal`` program against the test's server."""
    program = which("temporal")
    assert program
    process = await asyncio.create_subprocess_exec(
        program,
        "workflow",
        *arguments,
        "--address",
        address_of(engine.client.temporal),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode or 0, out.decode()


async def test_the_raw_program_is_refused_and_the_pathway_goes_on(engine: Engine) -> None:
    hand = await engine.refer()
    update = ("update", "execute", "--workflow-id", hand.id, "--name")
    for name, document in (
        ("accept_referral", "{}"),
        ("accept_referral", "[1, 2]"),
        ("accept_referral", '"x"'),
        ("no_such_verb", "{}"),
    ):
        code, _ = await temporal(engine, *update, name, "--input", document)
        assert code != 0
    code, _ = await temporal(engine, *update, "accept_referral")
    assert code != 0
    code, out = await temporal(engine, *update, "accept_referral", "--input", json.dumps(GOOD))
    # The program cannot read the encrypted receipt without a codec server; the command counts all the same.
    assert code == 0 or "binary/encrypted" in out
    await hand.do(RecordMedications, Role.PATIENT)
    assert await hand.failed_tasks() == 0


@pytest.mark.parametrize("kind", ["CarePathway", "ReferralIntake"])
@pytest.mark.parametrize("document", ["{}", "[]", '{"enrolment": {"zone": "Mars/Base"}}'])
async def test_a_malformed_start_fails_at_once_and_opens_nothing(engine: Engine, kind: str, document: str) -> None:
    name = f"bad-{kind}-{abs(hash(document))}"
    code, out = await temporal(
        engine, "start", "--type", kind, "--workflow-id", name, "--task-queue", "pathways", "--input", document
    )
    assert code == 0, out
    with pytest.raises(WorkflowFailureError) as caught:
        await asyncio.wait_for(engine.client.temporal.get_workflow_handle(name).result(), 20)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type in {"field_missing", "wrong_type", "invalid_value", "unknown_field"}


async def test_unknown_and_closed_pathways_are_told_apart(engine: Engine) -> None:
    with pytest.raises(Refused) as unknown:
        await engine.client.do("p-nobody", _acceptance())
    assert unknown.value.refusal.code == "unknown_pathway"
    hand = await engine.refer()
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    await hand.do(DecideScreening, Role.PHYSICIAN, eligible=False)
    await engine.client.result(hand.id)
    assert await hand.refused(DecideScreening, Role.PHYSICIAN) == "pathway_closed"


def _acceptance() -> AcceptReferral:
    return AcceptReferral(command_id="c-1", actor=ACTORS[Role.COORDINATOR], care_team=TEAM)


async def test_a_forgotten_reason_is_named(engine: Engine) -> None:
    hand = await engine.refer(a_referral())
    await hand.do(AcceptReferral, Role.COORDINATOR, care_team=TEAM.model_dump())
    command = hand.command(DecideScreening, Role.PHYSICIAN).model_copy(update={"reason": None})
    with pytest.raises(Refused) as caught:
        await engine.client.do(hand.id, command)
    assert (caught.value.refusal.code, caught.value.refusal.field) == ("reason_required", "reason")
