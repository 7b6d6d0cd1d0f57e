"""Plumbing: one plugin for all, the sandbox's pass-through, encrypted headers, a clear word when no server is there."""

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
import tzdata
import yaml
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle
from temporalio.common import HeaderCodecBehavior
from temporalio.worker import Replayer, Worker

import activities
import schemas.base
import workers
import workflows
from activities.keyring import Keyring, create_keyring
from tests.support.dev_server import address_of, dev_server
from tests.support.passage import Passage
from tests.support.tally import Add, Start, Tally, double
from workers.codec import ENCRYPTED
from workers.plugin import PASSED_THROUGH, ServerUnreachable, connect, plumbing
from workers.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYRING = Keyring.in_memory()
CANARY = "Wren Fable"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with dev_server(KEYRING) as ours:
        yield ours


async def test_sandbox_shares_these_modules_with_the_outside(client: Client) -> None:
    """A gate: without pass-through each run imports everything anew, which costs 100 ms and breaks identity."""
    outside = (schemas, workflows, activities, workers, structlog, tzdata, yaml)
    expected = {module.__name__: id(module) for module in outside}
    async with Worker(client, task_queue="passage", workflows=[Passage]):
        seen = await client.execute_workflow(
            Passage.run,
            list(expected),
            id="passage",
            task_queue="passage",
            execution_timeout=timedelta(seconds=20),
        )
    assert seen.pop("tests.support.passage.Passage") != id(Passage), "the sandbox is off, so this test proves nothing"
    assert seen == {**expected, "schemas.base.Model": id(schemas.base.Model)}
    assert set(PASSED_THROUGH) == {*expected, "typing_inspection"}


async def course(client: Client, workflow_id: str) -> WorkflowHandle[Tally, int]:
    """A whole course of the tally, with the canary in everything that a caller can send."""
    async with Worker(client, task_queue="course", workflows=[Tally], activities=[double]):
        handle = await client.start_workflow(
            Tally.run,
            Start(name=CANARY),
            id=workflow_id,
            task_queue="course",
            memo={"note": CANARY},
            static_summary=CANARY,
            static_details=CANARY,
        )
        await handle.execute_update(Tally.add, Add(amount=2, at=datetime(2026, 1, 1, tzinfo=UTC)))
        await handle.execute_update(Tally.close)
        assert await handle.result() == 4
    return handle


async def test_nothing_readable_is_stored_but_public_summaries(client: Client) -> None:
    history = await (await course(client, "hidden")).fetch_history()
    stored = b"".join(event.SerializeToString() for event in history.events)
    assert CANARY.encode() not in stored
    assert b'"amount"' not in stored
    [scheduled] = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
    assert scheduled.user_metadata.summary.data == b'"Write 1 journal entries"'


async def test_replayer_takes_the_same_plugin(client: Client) -> None:
    history = await (await course(client, "replayed")).fetch_history()
    await Replayer(workflows=[Tally], plugins=[plumbing(KEYRING)]).replay_workflow(history)


class Heading(Interceptor):
    """Sends a header along with each start."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return HeadingOutbound(next)


class HeadingOutbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[object, object]:
        header = Payload(metadata={"encoding": b"json/plain"}, data=f'"{CANARY}"'.encode())
        input.headers = {**input.headers, "who": header}
        return await super().start_workflow(input)


async def test_headers_are_encrypted(client: Client) -> None:
    heading = await Client.connect(address_of(client), plugins=[plumbing(KEYRING)], interceptors=[Heading()])
    handle = await heading.start_workflow(Tally.run, Start(name="a"), id="headed", task_queue="nobody")
    history = await handle.fetch_history()
    header = history.events[0].workflow_execution_started_event_attributes.header.fields["who"]
    assert header.metadata["encoding"] == ENCRYPTED


async def test_without_keys_payloads_are_clear(client: Client) -> None:
    clear = await Client.connect(address_of(client), plugins=[plumbing(None)])
    assert clear.data_converter.payload_codec is None
    assert clear.config(active_config=True)["header_codec_behavior"] is HeaderCodecBehavior.NO_CODEC


async def test_connect_follows_settings_and_temporal_file(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_CONFIG_FILE", "TEMPORAL_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "temporal.toml").write_text(
        f'[profile.default]\naddress = "{address_of(client)}"\nnamespace = "elsewhere"\n'
    )
    create_keyring(tmp_path / "keyring.json")
    found = await connect(Settings(state_dir=tmp_path, keyring=tmp_path / "keyring.json"))
    assert found.namespace == "elsewhere"
    [hidden] = await found.data_converter.encode([CANARY])
    assert hidden.metadata["encoding"] == ENCRYPTED


async def test_no_server_is_said_soon_and_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for address in (f"127.0.0.1:{silent.getsockname()[1]}", "127.0.0.1:1"):
            monkeypatch.setenv("TEMPORAL_ADDRESS", address)
            began = asyncio.get_running_loop().time()
            with pytest.raises(ServerUnreachable, match=f"{address}.*kap up"):
                await connect(Settings(), timeout=timedelta(seconds=1))
            assert asyncio.get_running_loop().time() - began < 3
