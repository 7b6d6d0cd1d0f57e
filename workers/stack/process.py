"""One supervised child process: started on a leash, its output in a file, stopped politely and then by force."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.stack import tether
from workers.stack.ledger import Ledger

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes after which a log file makes room for a new one when its child starts; one old file is kept."""


@dataclass(frozen=True)
class Child:
    """A program to keep running. It gets exactly ``env`` as its environment and no input."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    """Asked again and again: true once the child does its work. What it raises means not yet."""
    cwd: Path | None = None
    before: Callable[[], Awaitable[None]] | None = None
    """Run ahead of every start, also after a crash."""
    stop_signal: signal.Signals = signal.SIGTERM
    needs_servers: bool = True
    """Wait for PostgreSQL, Temporal and the bootstrap before the start."""
    grace: float = 10.0
    """Seconds between the stop signal and SIGKILL."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the child gets when the supervisor itself dies."""


class ChildProcess:
    """One life of a :class:`Child`."""

    def __init__(self, child: Child, process: asyncio.subprocess.Process, log: Path, log_start: int) -> None:
        self.child = child
        self.pid = process.pid
        self._process = process
        self._log = log
        self._log_start = log_start

    @classmethod
    async def spawn(cls, child: Child, log_dir: Path, ledger: Ledger) -> ChildProcess:
        """Start ``child`` in a process group of its own, so that Ctrl-C reaches the supervisor only.

        Call it from the thread that lives as long as the stack: the kernel ties the leash to that thread.
        """
        log = log_dir / f"{child.name}.log"
        descriptor = _open_log(log)
        try:
            log_start = os.fstat(descriptor).st_size
            process = await asyncio.create_subprocess_exec(
                *leashed(child.argv, child.orphan_signal),
                env=dict(child.env),
                cwd=child.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        ledger.add(child.name, process.pid, child.stop_signal)
        return cls(child, process, log, log_start)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end. Returns the exit status, negative for a signal."""
        return await self._process.wait()

    async def stop(self) -> None:
        """End it: stop signal, grace, force."""
        with suppress(ProcessLookupError):
            self._process.send_signal(self.child.stop_signal)
        try:
            await asyncio.wait_for(self.wait(), self.child.grace)
        except TimeoutError:
            self.kill()
            await self.wait()

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        if self.running:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def last_words(self, lines: int = 12) -> str:
        """The last lines that this life wrote to its log."""
        with self._log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start if self._log_start <= size else 0, size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def leashed(argv: Sequence[str], orphan_signal: signal.Signals = signal.SIGKILL) -> list[str]:
    """The command that runs ``argv`` and gets ``orphan_signal`` when this process, or the calling thread, ends."""
    return [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), str(int(orphan_signal)), *argv]


def _open_log(path: Path) -> int:
    with suppress(FileNotFoundError):
        if path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
