"""A whole local stack: what is there when it runs, what is left when it does not."""

import asyncio
import json
import os
import socket
import stat
import sys
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import asyncpg
import pytest
from temporalio.client import Client

from tests.support.eventually import eventually
from workers.settings import Settings, temporal_profile
from workers.stack import (
    Addresses,
    Child,
    EventKind,
    Stack,
    StackEvent,
    StackFailed,
    StackInUse,
    StackOptions,
    StackStopped,
    read_mails,
)
from workers.stack.ledger import process_identity

STATE = "state of a clinic"
"""With spaces, as folders of people have them."""


def servers_only(folder: Path, **more: object) -> StackOptions:
    given: dict[str, object] = {
        "ephemeral_speed": True,
        "bootstrap": False,
        "handle_signals": False,
        "services": lambda options, addresses: [],
    }
    return StackOptions(folder, **(given | more))  # type: ignore[arg-type]


def children(folder: Path) -> dict[str, int]:
    """Name and process id of every child that runs."""
    recorded = json.loads((folder / "children.json").read_text())
    return {entry["name"]: int(pid) for pid, entry in recorded.items()}


async def send(addresses: Addresses, subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "care@example.org", "wren@example.org", subject
    mail.set_content("Please sign in.\n.\nThe line above is a dot.")
    await aiosmtplib.send(mail, hostname=addresses.smtp_host, port=addresses.smtp_port)


async def query(addresses: Addresses, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(addresses.database_url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


def listening_addresses(pid: int) -> set[str]:
    """The IP addresses on which a process listens, as /proc writes them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].rpartition(":")[0])
    return found


async def test_everything_answers_and_all_is_there_again_after_a_stop(tmp_path: Path) -> None:
    folder = tmp_path / STATE
    events: list[StackEvent] = []
    async with Stack(servers_only(folder, allow_simulation=True), on_event=events.append) as stack:
        first = stack.addresses
        settings = Settings(state_dir=folder)
        assert settings.database_url == first.database_url
        assert settings.keyring == first.keyring
        assert settings.smtp_port == first.smtp_port
        assert settings.allow_simulation
        assert temporal_profile(settings).address == first.temporal_address

        client = await Client.connect(first.temporal_address, namespace=first.namespace)
        await client.start_workflow("Waiting", id="a-course", task_queue="nobody-listens")
        await query(first, "CREATE TABLE visit AS SELECT 7 AS number")
        await send(first, "one")
        await send(first, "two")
        pids = children(folder)
        assert set(pids) == {"postgres", "temporal", "mail"}
        for name, pid in pids.items():
            assert listening_addresses(pid) <= {"0100007F"}, f"{name} listens beyond 127.0.0.1"

    assert [process_identity(pid) for pid in pids.values()] == [None, None, None]
    assert not (folder / "stack.json").exists()
    assert [event.kind for event in events if event.child is None] == [
        EventKind.READY,
        EventKind.STOPPING,
        EventKind.STOPPED,
    ]

    async with Stack(servers_only(folder)) as stack:
        assert stack.addresses == replace(first, database_url=stack.addresses.database_url), "the same ports again"
        client = await Client.connect(first.temporal_address, namespace=first.namespace)
        assert (await client.get_workflow_handle("a-course").describe()).workflow_type == "Waiting"
        assert [row["number"] for row in await query(stack.addresses, "SELECT number FROM visit")] == [7]
        await send(first, "three")
        mails = read_mails(first.mail_dir)
        assert [mail["Subject"] for mail in mails] == ["one", "two", "three"]
        assert mails[0].get_content() == "Please sign in.\n.\nThe line above is a dot.\n"
        assert (mails[0]["X-Envelope-From"], mails[0]["X-Envelope-To"]) == ("care@example.org", "wren@example.org")


async def test_the_stack_as_people_start_it_has_codec_server_workers_and_doors(tmp_path: Path) -> None:
    folder = tmp_path / STATE
    events: list[StackEvent] = []
    options = StackOptions(folder, ephemeral_speed=True, handle_signals=False, doors=True)
    ours = {"codec", "texts", "workers", "callbacks", "portal"}
    async with Stack(options, on_event=events.append) as stack:
        addresses = stack.addresses
        assert set(children(folder)) == {"postgres", "temporal", "mail"} | ours
        assert await query(addresses, "SELECT * FROM schema_migrations"), "the schema is there"
        for name in ours:
            assert listening_addresses(children(folder)[name]) == {"0100007F"}, name
        secret = folder / "provider.secret"
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        settings = Settings(state_dir=folder)
        assert settings.provider_secret == secret.read_text().strip()
        assert settings.link_url == addresses.link_url
        assert settings.provider_secret not in repr(addresses)
        for name in ("callbacks", "portal"):
            assert json.loads((folder / "ports.json").read_text())[name] in (
                int(url.rpartition(":")[2]) for url in (addresses.callbacks_url, addresses.link_url)
            )

        killed = ("workers", "callbacks", "portal")
        for name in killed:
            os.kill(children(folder)[name], 9)
        back = [event for name in killed for event in [StackEvent(EventKind.READY, name, f"{name} is ready")] * 2]
        await eventually(lambda: all(events.count(event) == 2 for event in back), timeout=30)
    assert all(process_identity(pid) is None for pid in children(folder).values())


async def test_nothing_in_the_folder_is_readable_by_others(tmp_path: Path) -> None:
    folder = tmp_path / STATE
    async with Stack(servers_only(folder)) as stack:
        await send(stack.addresses, "one")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.rglob("*"):
            if not path.is_socket():  # these are closed by their folder
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_a_second_start_in_the_folder_is_refused_and_says_who_is_there(tmp_path: Path) -> None:
    async with Stack(servers_only(tmp_path / STATE)) as stack:
        with pytest.raises(StackInUse, match=rf"in use by process {os.getpid()}, since 20.*another folder"):
            async with Stack(servers_only(tmp_path / STATE)):
                pytest.fail("a second stack runs")
        assert (tmp_path / STATE / "stack.json").exists()
        assert await query(stack.addresses, "SELECT 1"), "the first one is none the worse"


async def test_a_relative_folder_with_a_very_long_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("a folder, with a comma") / ("long" * 30)
    async with Stack(servers_only(folder)) as stack:
        assert stack.addresses.state_dir == tmp_path / folder
        assert await query(stack.addresses, "SELECT 1")
        socket_dir = Path((folder / "postgres" / "socket-dir").read_text())
        assert stat.S_IMODE(os.stat(socket_dir).st_mode) == 0o700
    assert socket_dir.name not in os.listdir(socket_dir.parent)


async def test_given_ports_win_and_a_taken_one_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StackFailed, match=f"Port {port}, given for ui, is in use by another program"):
            async with Stack(servers_only(tmp_path / STATE, ui_port=port)):
                pytest.fail("it runs on a taken port")
    async with Stack(servers_only(tmp_path / STATE, smtp_port=port)) as stack:
        assert stack.addresses.smtp_port == port
        await send(stack.addresses, "one")


async def test_a_killed_child_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / STATE
    events: list[StackEvent] = []
    async with Stack(servers_only(folder), on_event=events.append) as stack:
        await query(stack.addresses, "CREATE TABLE visit AS SELECT 7 AS number")
        before = children(folder)
        for pid in before.values():
            os.kill(pid, 9)
        await eventually(lambda: sum(event.kind is EventKind.CRASHED for event in events) == 3)
        await eventually(lambda: len([event for event in events if event.kind is EventKind.READY]) == 7, timeout=30)
        assert not set(children(folder).values()) & set(before.values())
        await send(stack.addresses, "one")
        assert [row["number"] for row in await query(stack.addresses, "SELECT number FROM visit")] == [7]
        await Client.connect(stack.addresses.temporal_address)
    sentences = [event.sentence for event in events if event.kind is EventKind.CRASHED]
    assert "mail was killed by signal 9; it is started again in 1 s" in sentences


def a_service(program: str) -> object:
    async def ready() -> bool:
        return False

    return lambda options, addresses: [Child("service", [sys.executable, "-c", program], env={}, ready=ready)]


async def test_a_service_that_cannot_start_fails_the_stack_with_its_last_words(tmp_path: Path) -> None:
    options = servers_only(tmp_path / STATE, services=a_service("raise SystemExit('no protocol of that name')"))
    with pytest.raises(StackFailed, match=r"service ended with status 1.*\n?.*no protocol of that name"):
        async with Stack(options):
            pytest.fail("the stack runs")
    assert children(tmp_path / STATE) == {}


async def test_a_request_to_stop_ends_the_block_wherever_it_is(tmp_path: Path) -> None:
    async def block() -> None:
        async with Stack(servers_only(tmp_path / STATE)) as stack:
            asyncio.get_running_loop().call_soon(stack.request_stop, "enough")
            await asyncio.Event().wait()

    with pytest.raises(StackStopped, match="enough"):
        await block()
    assert children(tmp_path / STATE) == {}
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0, "whoever runs the block goes on undisturbed"


async def test_cancelled_from_outside_it_leaves_nothing_running(tmp_path: Path) -> None:
    folder = tmp_path / STATE

    async def block() -> None:
        async with Stack(servers_only(folder)) as stack:
            await stack.wait()

    for moment in ("children.json", "stack.json"):
        task = asyncio.create_task(block())
        await eventually((folder / moment).exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert children(folder) == {}


@pytest.mark.parametrize("waits", [True, False])
async def test_a_part_beyond_rescue_fails_the_block_wherever_it_is(tmp_path: Path, waits: bool) -> None:
    starts = 0

    async def only_once() -> None:
        nonlocal starts
        starts += 1
        if starts > 1:
            raise StackFailed("its data are gone")

    async def ready() -> bool:
        return True

    program = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    service = Child("service", program, env={}, ready=ready, before=only_once)

    async def block() -> None:
        options = servers_only(tmp_path / STATE, services=lambda options, addresses: [service])
        async with Stack(options) as stack:
            os.kill(children(tmp_path / STATE)["service"], 9)
            await (stack.wait() if waits else asyncio.Event().wait())

    with pytest.raises(StackFailed, match="its data are gone"):
        await asyncio.wait_for(block(), 30)
    assert children(tmp_path / STATE) == {}


async def test_a_request_to_stop_lets_a_waiting_block_go_on(tmp_path: Path) -> None:
    async with Stack(servers_only(tmp_path / STATE)) as stack:
        asyncio.get_running_loop().call_soon(stack.request_stop)
        await asyncio.wait_for(stack.wait(), 5)


async def test_data_whose_keys_are_gone_are_not_sealed_with_new_ones(tmp_path: Path) -> None:
    folder = tmp_path / STATE
    async with Stack(servers_only(folder)) as stack:
        keyring = stack.addresses.keyring
    kept = keyring.rename(tmp_path / "kept.json")
    with pytest.raises(StackFailed, match=r"keyring\.json is missing.*Put it back"):
        async with Stack(servers_only(folder)):
            pytest.fail("it runs without its keys")
    assert not keyring.exists()
    kept.rename(keyring)
    keyring.write_text("{")
    with pytest.raises(StackFailed, match=r"keyring\.json"):
        async with Stack(servers_only(folder)):
            pytest.fail("it runs with broken keys")
