"""A supervisor that is killed, interrupted or hurried: nothing stays behind, nothing is lost."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.support.eventually import eventually
from workers.stack.ledger import process_identity

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("stack_program.py")

Launch = Callable[..., "asyncio.Future[Supervisor]"]


class Supervisor:
    """A stack run by another process, and the lines it printed."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.lines: list[str] = []

    async def says(self, sentence: str) -> None:
        """Read on until it has printed ``sentence``."""
        assert self.process.stdout is not None
        while sentence not in "\n".join(self.lines):
            line = await asyncio.wait_for(self.process.stdout.readline(), 30)
            assert line, f"it ended without saying {sentence!r}: {self.lines}"
            self.lines.append(line.decode().rstrip())

    async def ends(self, timeout: float = 15) -> int:  # noqa: ASYNC109
        """Wait for its end; returns the exit status."""
        assert self.process.stdout is not None
        rest = await asyncio.wait_for(self.process.stdout.read(), timeout)
        self.lines += rest.decode().splitlines()
        return await self.process.wait()

    def children(self) -> dict[str, int]:
        recorded = json.loads((self.folder / "children.json").read_text())
        return {entry["name"]: int(pid) for pid, entry in recorded.items()}

    def database_url(self) -> str:
        return str(json.loads((self.folder / "stack.json").read_text())["database_url"])


@pytest_asyncio.fixture
async def launch(tmp_path: Path) -> AsyncIterator[Launch]:
    started: list[Supervisor] = []

    async def launch(*arguments: str) -> Supervisor:
        folder = tmp_path / "state"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROGRAM), str(folder), *arguments, env=environment, stdout=asyncio.subprocess.PIPE
        )
        started.append(Supervisor(process, folder))
        return started[-1]

    yield lambda *arguments: asyncio.ensure_future(launch(*arguments))
    for supervisor in started:
        if supervisor.process.returncode is None:
            supervisor.process.terminate()
            with suppress(TimeoutError):
                await supervisor.ends()
        if supervisor.process.returncode is None:
            supervisor.process.kill()


async def all_gone(pids: dict[str, int]) -> None:
    await eventually(lambda: not any(process_identity(pid) for pid in pids.values()))


async def number_of_visit(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT number FROM visit"))
    finally:
        await connection.close()


async def remember_a_visit(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE visit AS SELECT 7 AS number")
    await connection.close()


async def test_the_children_end_with_a_killed_supervisor_and_the_next_start_goes_on(launch: Launch) -> None:
    first = await launch()
    await first.says("The stack is ready")
    await remember_a_visit(first.database_url())
    pids = first.children()
    assert set(pids) == {"postgres", "temporal", "mail"}
    first.process.kill()
    await first.ends()
    await all_gone(pids)

    second = await launch()
    await second.says("The stack is ready")
    assert await number_of_visit(second.database_url()) == 7


async def test_everything_killed_at_once_and_started_again_at_once(launch: Launch) -> None:
    first = await launch()
    await first.says("The stack is ready")
    await remember_a_visit(first.database_url())
    for pid in (first.process.pid, *first.children().values()):
        with suppress(ProcessLookupError):  # the children end with their supervisor, perhaps sooner than this
            os.kill(pid, signal.SIGKILL)
    second = await launch()
    await second.says("The stack is ready")
    assert await number_of_visit(second.database_url()) == 7


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
async def test_a_signal_stops_everything(launch: Launch, number: signal.Signals) -> None:
    supervisor = await launch()
    await supervisor.says("The stack is ready")
    pids = supervisor.children()
    supervisor.process.send_signal(number)
    assert await supervisor.ends() == 0
    await all_gone(pids)


async def test_a_signal_while_it_starts(launch: Launch) -> None:
    supervisor = await launch()
    await supervisor.says("temporal is starting")
    await eventually(supervisor.children)
    pids = supervisor.children()
    supervisor.process.send_signal(signal.SIGTERM)
    assert await supervisor.ends() == 1
    assert supervisor.lines[-1] == "StackStopped: Stopped by SIGTERM."
    await all_gone(pids)
    assert supervisor.children() == {}


async def test_killed_while_temporal_makes_its_database(launch: Launch) -> None:
    first = await launch()
    await eventually(lambda: (first.folder / "temporal.db").stat().st_size, every=0.005)
    first.process.kill()
    await first.ends()
    second = await launch()
    await second.says("The stack is ready")
    assert not [line for line in second.lines if "started again" in line]


async def test_killed_while_it_makes_the_database(launch: Launch) -> None:
    first = await launch()
    await first.says("postgres is starting")
    await eventually(lambda: list((first.folder / "postgres").glob("data.new-*/base")))
    first.process.kill()
    await first.ends()
    second = await launch()
    await second.says("The stack is ready")


async def test_a_second_interrupt_does_not_wait_for_a_deaf_child(launch: Launch) -> None:
    supervisor = await launch("stubborn")
    await supervisor.says("The stack is ready")
    pids = supervisor.children()
    supervisor.process.send_signal(signal.SIGINT)
    await supervisor.says("The stack is stopping")
    supervisor.process.send_signal(signal.SIGINT)
    assert await supervisor.ends(timeout=5) == 0
    await all_gone(pids)


async def test_an_interrupt_from_the_terminal_reaches_the_supervisor_only(launch: Launch) -> None:
    supervisor = await launch()
    await supervisor.says("The stack is ready")
    groups = {os.getpgid(pid) for pid in supervisor.children().values()}
    assert os.getpgid(supervisor.process.pid) not in groups
    assert len(groups) == 3
