"""Whatever a stranger sends, by another SDK or the raw command line: refused with a code, and care goes on.

A real server, a real worker in its sandbox. No case may fail a workflow task, because a failed task is tried for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from shutil import which

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.keyring import Keyring
from tests.support.dev_server import address_of, clientele, dev_server, stranger
from tests.support.eventually import eventually
from tests.support.tally import Add, Start, Tally, double

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYRING = Keyring.in_memory()
GOOD = b'{"amount": 1, "at": "2026-01-01T00:00:00Z"}'


def sent(encoding: bytes, data: bytes = b"", **metadata: bytes) -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding, **metadata}, data=data))


STRANGE = {
    "truncated": ([sent(b"binary/encrypted", b"x")], "undecipherable_payload"),
    "unknown key": (
        [sent(b"binary/encrypted", b"x" * 60, **{"encryption-key-id": b"k9"})],
        "undecipherable_payload",
    ),
    "wrong tag": ([sent(b"binary/encrypted", b"x" * 60, **{"encryption-key-id": b"k1"})], "undecipherable_payload"),
    "external reference": ([sent(b"json/external-storage-reference", b"{}")], "undecipherable_payload"),
    "marked reference": (
        [sent(b"json/plain", GOOD, __temporal_external_storage_reference=b"true")],
        "undecipherable_payload",
    ),
    "null": ([sent(b"binary/null")], "wrong_type"),
    "bytes": ([sent(b"binary/plain", b"x")], "malformed_payload"),
    "unreadable encoding": ([sent(b"\xff\xfe", b"x")], "malformed_payload"),
    "no encoding": ([RawValue(Payload(data=b"x"))], "malformed_payload"),
    "broken JSON": ([sent(b"json/plain", b"{")], "malformed_json"),
    "no field": ([sent(b"json/plain", b"{}")], "field_missing"),
    "nothing": ([], "malformed_command"),
    "two": ([sent(b"json/plain", GOOD), sent(b"json/plain", GOOD)], "malformed_command"),
    "forged count": ([sent(b"binary/miscounted")], "malformed_command"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with dev_server(KEYRING) as ours, Worker(ours, task_queue="tally", workflows=[Tally], activities=[double]):
        yield ours


async def events(client: Client, workflow_id: str, run_id: str | None = None) -> list[EventType.ValueType]:
    history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
    return [event.event_type for event in history.events]


async def test_strange_update_is_refused_and_leaves_nothing(client: Client) -> None:
    handle = await client.start_workflow(Tally.run, Start(name="a"), id="updated", task_queue="tally")
    theirs = (await stranger(client, KEYRING)).get_workflow_handle("updated")
    codes = {}
    for name, (arguments, _) in STRANGE.items():
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await asyncio.wait_for(theirs.execute_update("add", args=arguments), 10)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.details[0]["sentence"] == refused.value.cause.message
        codes[name] = refused.value.cause.type
    assert codes == {name: code for name, (_, code) in STRANGE.items()}

    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert await handle.execute_update(Tally.add, Add(amount=2, at=at)) == 2
    assert await theirs.execute_update("add", args=[sent(b"json/plain", GOOD)]) == 3
    await handle.execute_update(Tally.close)
    assert await handle.result() == 6
    seen = await events(client, "updated")
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED not in seen
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT not in seen
    assert seen.count(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) == 3


async def test_unknown_verb_is_refused(client: Client) -> None:
    handle = await client.start_workflow(Tally.run, Start(name="a"), id="verbs", task_queue="tally")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asyncio.wait_for(handle.execute_update("no such verb", "anything"), 10)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "unknown_verb"
    assert await handle.query(Tally.how_many) == 0
    assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED not in await events(client, "verbs")


async def test_strange_start_fails_at_once(client: Client) -> None:
    theirs = await stranger(client, KEYRING)

    async def outcome(name: str, arguments: list[RawValue]) -> str | None:
        handle = await theirs.start_workflow("Tally", args=arguments, id=f"start {name}", task_queue="tally")
        with pytest.raises(WorkflowFailureError) as failed:
            await asyncio.wait_for(handle.result(), 20)
        assert EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED not in await events(client, handle.id)
        assert isinstance(failed.value.cause, ApplicationError)
        return failed.value.cause.type

    codes = await asyncio.gather(*(outcome(name, arguments) for name, (arguments, _) in STRANGE.items()))
    assert dict(zip(STRANGE, codes, strict=True)) == {name: code for name, (_, code) in STRANGE.items()}


@pytest.mark.parametrize(
    ("start", "workflow_id"),
    [(Start(name="a", total=7, carry_to="late"), "carried"), (Start(name="a", total=7, hand_to="later"), "handed")],
    ids=["continued as new", "child"],
)
async def test_own_state_without_its_key_waits_for_a_worker_that_has_it(
    client: Client, start: Start, workflow_id: str
) -> None:
    newer = await clientele(client, Keyring("k2", {**KEYRING.keys, "k2": bytes(range(32))}))
    queue = start.carry_to or start.hand_to or ""

    async def moved() -> bool:
        try:
            described = await newer.get_workflow_handle(workflow_id).describe()
        except RPCError:
            return False
        return described.task_queue == queue

    async def task_failed() -> bool:
        return EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED in await events(newer, workflow_id)

    async with Worker(newer, task_queue="new", workflows=[Tally]):
        handle = await newer.start_workflow(
            Tally.run,
            start,
            id="carried" if start.carry_to else "parent",
            task_queue="new",
            task_timeout=timedelta(seconds=1),  # after which a failed task is tried again
        )
        await eventually(moved)
        async with Worker(client, task_queue=queue, workflows=[Tally]):
            await eventually(task_failed, timeout=20)
        async with Worker(newer, task_queue=queue, workflows=[Tally], activities=[double]):
            await newer.get_workflow_handle(workflow_id).execute_update("close")
            assert await handle.result() == 14


async def test_raw_command_line_is_refused_by_code(client: Client) -> None:
    await client.start_workflow(Tally.run, Start(name="a"), id="by hand", task_queue="tally")
    for verb, arguments, code in (
        ("add", ["--input", "{}"], "field_missing"),
        ("add", [], "malformed_command"),
        ("add", ["--input", "{}", "--input-meta", "encoding=binary/encrypted"], "undecipherable_payload"),
        ("nothing", ["--input", "{}"], "unknown_verb"),
    ):
        said = await temporal(client, "workflow", "update", "execute", "-w", "by hand", "--name", verb, *arguments)
        assert code in said
    command = ("workflow", "update", "execute", "-w", "by hand", "--name", "add", "--input", GOOD.decode())
    await temporal(client, *command)  # accepted, though it cannot read the encrypted answer
    assert await client.get_workflow_handle("by hand").query("how_many") == 1


async def temporal(client: Client, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(which("temporal") or "temporal", *arguments, "--address", address_of(client), "--output", "json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    return output.decode()
