"""The parts of the local stack, each alone."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from workers.stack import Addresses, Child, EventKind, StackEvent, StackFailed, StackOptions
from workers.stack.environment import service_environment
from workers.stack.keeping import Keeper, Pace
from workers.stack.ledger import Ledger, process_identity
from workers.stack.ports import choose_ports
from workers.stack.postgres import Postgres
from workers.stack.process import LOG_LIMIT, ChildProcess
from workers.stack.state import claim

QUICK = Pace(ready_limit=5, first_pause=0.01)


async def always() -> bool:
    return True


async def never() -> bool:
    return False


def python_child(program: str, **more: object) -> Child:
    given: dict[str, object] = {"env": {}, "ready": always}
    return Child("helper", [sys.executable, "-c", program], **(given | more))  # type: ignore[arg-type]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that no stack has started."""
    with subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"]) as process:
        yield process
        process.kill()


class TestKeeper:
    async def test_gives_up_a_child_that_crashes_again_and_again(self, tmp_path: Path) -> None:
        events: list[StackEvent] = []
        child = python_child("import time; print('so long'); raise SystemExit(3)", ready=always)
        keeper = Keeper(child, tmp_path, Ledger(tmp_path), events.append, QUICK)
        with pytest.raises(StackFailed, match=r"helper ended with status 3.*5 times.*(\n.*)*so long"):
            await keeper.run()
        pauses = [event.sentence.rpartition(" in ")[2] for event in events if event.kind is EventKind.CRASHED]
        assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.08 s"]

    async def test_kills_a_child_that_never_gets_ready(self, tmp_path: Path) -> None:
        child = python_child("import threading; threading.Event().wait()", ready=never)
        pace = Pace(ready_limit=0.2, first_pause=0.01, crashes_before_ready=2)
        with pytest.raises(StackFailed, match=r"was not ready within 0\.2 s"):
            await Keeper(child, tmp_path, Ledger(tmp_path), lambda event: None, pace).run()

    async def test_names_a_program_that_is_not_there(self, tmp_path: Path) -> None:
        child = Child("helper", ["/no/such/program"], env={}, ready=never)
        with pytest.raises(StackFailed, match="/no/such/program cannot be run: No such file"):
            await Keeper(child, tmp_path, Ledger(tmp_path), lambda event: None, QUICK).run()


class TestChildProcess:
    async def test_stops_politely_and_then_by_force(self, tmp_path: Path) -> None:
        deaf = python_child(
            "import signal, threading; signal.signal(15, signal.SIG_IGN); print('up', flush=True);"
            "threading.Event().wait()",
            grace=0.2,
        )
        process = await ChildProcess.spawn(deaf, tmp_path, Ledger(tmp_path))
        await eventually(lambda: process.last_words() == "up")
        await process.stop()
        assert await process.wait() == -signal.SIGKILL

    async def test_a_big_log_makes_room_and_a_small_one_grows(self, tmp_path: Path) -> None:
        log = tmp_path / "helper.log"
        for _ in range(2):
            process = await ChildProcess.spawn(python_child("print('hello')"), tmp_path, Ledger(tmp_path))
            await process.wait()
        assert log.read_text() == "hello\nhello\n"
        assert process.last_words() == "hello", "only of this life"
        log.write_bytes(b"x" * (LOG_LIMIT + 1))
        process = await ChildProcess.spawn(python_child("print('hello')"), tmp_path, Ledger(tmp_path))
        await process.wait()
        assert log.read_text() == "hello\n"
        assert (tmp_path / "helper.log.1").stat().st_size == LOG_LIMIT + 1
        assert log.stat().st_mode & 0o077 == 0


class TestLedger:
    async def test_ends_what_a_killed_supervisor_left(self, tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
        Ledger(tmp_path).add("helper", sleeper.pid, signal.SIGTERM)
        assert await Ledger(tmp_path).end_leftovers() == ["helper"]
        assert sleeper.wait(5) == -signal.SIGTERM
        assert await Ledger(tmp_path).end_leftovers() == [], "they are forgotten"

    async def test_leaves_a_process_alone_that_only_has_the_number(
        self, tmp_path: Path, sleeper: subprocess.Popen[bytes]
    ) -> None:
        Ledger(tmp_path).add("helper", sleeper.pid, signal.SIGTERM)
        recorded = json.loads((tmp_path / "children.json").read_text())
        recorded[str(sleeper.pid)]["identity"] = f"{process_identity(sleeper.pid)}0"
        (tmp_path / "children.json").write_text(json.dumps(recorded))
        assert await Ledger(tmp_path).end_leftovers() == []
        assert sleeper.poll() is None

    async def test_a_list_cut_short_by_a_power_cut_is_no_obstacle(self, tmp_path: Path) -> None:
        (tmp_path / "children.json").write_text('{"12')
        assert await Ledger(tmp_path).end_leftovers() == []


async def test_postgres_starts_over_a_stale_pid_file_whose_number_is_somebody_elses(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    postgres = Postgres(tmp_path / "postgres", ephemeral_speed=True)
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"

    async def start_and_stop() -> str:
        once = Pace(crashes_before_ready=1)
        keeper = Keeper(postgres.child(), tmp_path, Ledger(tmp_path), lambda event: None, once)
        running = asyncio.create_task(keeper.run())
        waiting = asyncio.create_task(keeper.ready.wait())
        await asyncio.wait({running, waiting}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        written = pid_file.read_text()
        waiting.cancel()
        running.cancel()
        await keeper.stop()
        return written

    lines = (await start_and_stop()).splitlines()
    pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]))
    await start_and_stop()
    assert sleeper.poll() is None
    postgres.clean_up()


class TestPorts:
    def test_come_back_while_they_are_free(self, tmp_path: Path) -> None:
        first = choose_ports(tmp_path, {"temporal": 0, "ui": 0})
        assert choose_ports(tmp_path, {"temporal": 0, "ui": 0}) == first
        with socket.create_server(("127.0.0.1", first["ui"])):
            second = choose_ports(tmp_path, {"temporal": 0, "ui": 0})
        assert second["temporal"] == first["temporal"]
        assert second["ui"] != first["ui"]

    def test_a_given_one_beats_a_remembered_one(self, tmp_path: Path) -> None:
        first = choose_ports(tmp_path, {"temporal": 0, "ui": 0})
        second = choose_ports(tmp_path, {"temporal": first["ui"], "ui": 0})
        assert second["temporal"] == first["ui"] != second["ui"]

    @pytest.mark.parametrize(
        ("wanted", "sentence"),
        [
            ({"temporal": 20_001, "ui": 20_001}, "Port 20001 is given twice"),
            ({"temporal": 70_000}, "Port 70000, given for temporal, is not a port number"),
            ({"temporal": -1}, "Port -1, given for temporal, is not a port number"),
        ],
    )
    def test_impossible_ones_are_refused(self, tmp_path: Path, wanted: dict[str, int], sentence: str) -> None:
        with pytest.raises(StackFailed, match=sentence):
            choose_ports(tmp_path, wanted)

    @pytest.mark.parametrize("text", ['{"ui": "x"}', '{"ui": 99999999}', '{"ui": true}', "[", "[]"])
    def test_a_broken_memory_is_no_obstacle(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "ports.json").write_text(text)
        assert 0 < choose_ports(tmp_path, {"ui": 0})["ui"] < 65_536


class TestFolder:
    def test_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "state").write_text("")
        with pytest.raises(StackFailed, match=r"state is a file; the stack needs a folder"):
            claim(tmp_path / "state")

    @pytest.mark.parametrize("folder", ["/proc/state", "/dev/null/state", "/tmp/" + "x" * 300])
    def test_a_place_that_cannot_be_written_is_refused(self, folder: str) -> None:
        with pytest.raises(StackFailed, match=r"The folder .* cannot be used \(.+\)"):
            claim(Path(folder))

    def test_a_folder_with_other_peoples_files_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("")
        with pytest.raises(StackFailed, match="holds files that are not a local stack's"):
            claim(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_the_stack_of_another_user_is_refused(self, tmp_path: Path) -> None:
        claim(tmp_path / "state")[1].release()
        os.chown(tmp_path / "state", 65534, 65534)
        with pytest.raises(StackFailed, match="belongs to user nobody"):
            claim(tmp_path / "state")

    def test_an_open_one_is_closed_to_others(self, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir(mode=0o755)
        claim(tmp_path / "state")[1].release()
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_the_users_own_environment_does_not_lead_children_astray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAP_DATABASE_URL", "KAP_SMTP_PASSWORD", "TEMPORAL_API_KEY", "TEMPORAL_ADDRESS", "PGPORT"):
        monkeypatch.setenv(name, "production")
    monkeypatch.setenv("KAP_LOG_LEVEL", "DEBUG")
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("")
    addresses = Addresses(
        tmp_path,
        "127.0.0.1:1",
        "http://127.0.0.1:2",
        "http://127.0.0.1:3",
        "127.0.0.1",
        4,
        "127.0.0.1:5",
        "postgresql://",
    )
    options = StackOptions(tmp_path, protocol="mine.yaml", settings={"portal_url": "https://portal.example.org"})
    environment = service_environment(options, addresses)
    assert "production" not in environment.values()
    assert environment["KAP_DATABASE_URL"] == "postgresql://"
    assert environment["KAP_SMTP_PORT"] == "4"
    assert environment["KAP_ALLOW_UNSIGNED_PROTOCOL"] == "true"
    assert environment["KAP_PORTAL_URL"] == "https://portal.example.org"
    assert environment["KAP_PROTOCOL"] == str(tmp_path / "mine.yaml")
    assert environment["KAP_LOG_LEVEL"] == "DEBUG"
    assert environment["TEMPORAL_ADDRESS"] == "127.0.0.1:1"
