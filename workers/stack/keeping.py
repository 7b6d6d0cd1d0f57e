"""Keeping one child alive: start, wait until it works, start again when it crashes, give up when that is hopeless."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from workers.stack.errors import StackFailed
from workers.stack.ledger import Ledger
from workers.stack.options import EventKind, StackEvent
from workers.stack.process import Child, ChildProcess

_QUESTION_LIMIT = 5.0
"""Seconds after which a question whether the child is ready counts as answered with no."""


@dataclass(frozen=True)
class Pace:
    """How patient a keeper is. Times are seconds."""

    ready_limit: float = 60.0
    """A child that is not ready by then counts as crashed."""
    first_pause: float = 1.0
    """Between a crash and the next start; doubles with each crash."""
    longest_pause: float = 30.0
    crashes: int = 5
    window: float = 60.0
    """So many crashes within so long are beyond rescue."""
    crashes_before_ready: int = 3
    """A child that has never worked is given up sooner: most likely it never will."""


class Keeper:
    """Runs one :class:`Child` until it is stopped."""

    def __init__(
        self,
        child: Child,
        log_dir: Path,
        ledger: Ledger,
        on_event: Callable[[StackEvent], object],
        pace: Pace | None = None,
    ) -> None:
        self.child = child
        self.ready = asyncio.Event()
        """Set from the first time on that the child was ready."""
        self._log_dir = log_dir
        self._ledger = ledger
        self._on_event = on_event
        self._pace = pace or Pace()
        self._crashes: deque[float] = deque(maxlen=self._pace.crashes)
        self._process: ChildProcess | None = None

    async def run(self) -> None:
        """Keep the child running; cancelling this leaves it running for :meth:`stop` to end.

        Raises:
            StackFailed: It crashes again and again, or cannot be started at all.
        """
        clock = asyncio.get_running_loop().time
        pause = self._pace.first_pause
        while True:
            self._tell(EventKind.STARTING, f"{self.child.name} is starting")
            started = clock()
            self._process = await self._spawn()
            how = await self._live(self._process)
            self._ledger.remove(self._process.pid)
            self._crashes.append(clock())
            self._give_up_if_hopeless(self._process, how)
            pause = self._pace.first_pause if clock() - started > self._pace.window else pause
            self._tell(EventKind.CRASHED, f"{self.child.name} {how}; it is started again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._pace.longest_pause)

    async def stop(self) -> None:
        """End the child, politely first."""
        if self._process is not None and self._process.running:
            await self._process.stop()
            self._ledger.remove(self._process.pid)

    def kill(self) -> None:
        """End the child at once."""
        if self._process is not None:
            self._process.kill()

    async def _spawn(self) -> ChildProcess:
        """Start the child such that a cancellation cannot lose hold of a process that is half started."""
        try:
            if self.child.before is not None:
                await self.child.before()
            spawning = asyncio.ensure_future(ChildProcess.spawn(self.child, self._log_dir, self._ledger))
            try:
                return await asyncio.shield(spawning)
            except asyncio.CancelledError:
                self._process = await spawning
                raise
        except OSError as error:
            raise StackFailed(f"{self.child.name} cannot be started: {error}") from error

    async def _live(self, process: ChildProcess) -> str:
        """Go through one life of the child. Returns how it ended."""
        end = asyncio.ensure_future(process.wait())
        try:
            if await self._becomes_ready(end):
                self.ready.set()
                self._tell(EventKind.READY, f"{self.child.name} is ready")
            elif not end.done():
                process.kill()
                await end
                return f"was not ready within {self._pace.ready_limit:g} s"
            status = await end
        finally:
            end.cancel()
        return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"

    async def _becomes_ready(self, end: asyncio.Future[int]) -> bool:
        """Ask until the child is ready, has ended, or the time is up."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._pace.ready_limit
        while not end.done() and clock() < deadline:
            with suppress(Exception):  # whatever goes wrong while it starts means: not yet
                # Not wait_for: in Python 3.11 it loses a cancellation that comes in the moment of the answer.
                async with asyncio.timeout(_QUESTION_LIMIT):
                    if await self.child.ready():
                        return not end.done()
            await asyncio.wait([end], timeout=0.05)
        return False

    def _give_up_if_hopeless(self, process: ChildProcess, how: str) -> None:
        never_worked = not self.ready.is_set() and len(self._crashes) >= self._pace.crashes_before_ready
        many = len(self._crashes) == self._pace.crashes
        again_and_again = many and self._crashes[-1] - self._crashes[0] < self._pace.window
        if never_worked or again_and_again:
            raise StackFailed(
                f"{self.child.name} {how}, and that {len(self._crashes)} times in a row. "
                f"Its log is {self._log_dir / self.child.name}.log and ends with:\n{process.last_words()}"
            )

    def _tell(self, kind: EventKind, sentence: str) -> None:
        self._on_event(StackEvent(kind, self.child.name, sentence))
