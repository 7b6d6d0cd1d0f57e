"""A list on disk of the running child processes, so that the start after a crash can end what is left of them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from workers.stack.state import read_object, write_private

CHILDREN_FILE = "children.json"

_PATIENCE = 10.0
"""Seconds that leftovers get to end on their own (PostgreSQL's leash asks politely) before they are forced."""


class Ledger:
    """What was started: name, number, what identifies the process beyond its number (numbers are used again)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CHILDREN_FILE
        self._entries: dict[str, dict[str, str | int]] = {}

    def add(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        """Write down a child that has just been started, and the signal that ends it politely."""
        identity = process_identity(pid)
        if identity is not None:
            self._entries[str(pid)] = {"name": name, "identity": identity, "stop_signal": int(stop_signal)}
            self._save()

    def remove(self, pid: int) -> None:
        """Strike out a child whose end was seen."""
        if self._entries.pop(str(pid), None) is not None:
            self._save()

    def _save(self) -> None:
        write_private(self._path, json.dumps(self._entries, indent=2))

    async def end_leftovers(self) -> list[str]:
        """End the children of an earlier supervisor that still run, and forget them.

        Returns:
            Their names.
        """
        recorded = read_object(self._path)
        running = {pid: entry for pid, entry in recorded.items() if process_identity(int(pid)) == entry["identity"]}
        await asyncio.gather(
            *(
                end_process(int(pid), entry["identity"], signal.Signals(entry["stop_signal"]))
                for pid, entry in running.items()
            )
        )
        self._save()
        return [entry["name"] for entry in running.values()]


async def end_process(pid: int, identity: str, polite: signal.Signals) -> None:
    """End a process that is not our child, and return when it is gone.

    Args:
        pid: Its number.
        identity: Its :func:`process_identity`, so that a successor in the number is left alone.
        polite: The first signal; SIGKILL follows if it does not suffice.
    """
    for attempt in (polite, signal.SIGKILL):
        deadline = time.monotonic() + _PATIENCE
        with suppress(ProcessLookupError):
            if process_identity(pid) == identity:
                os.kill(pid, attempt)
        while time.monotonic() < deadline:
            if process_identity(pid) != identity:
                return
            await asyncio.sleep(0.02)


def process_identity(pid: int) -> str | None:
    """What tells this process from any other that had or will have the number ``pid``; None if it does not run."""
    if sys.platform != "linux":
        listing = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return listing.stdout.strip() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # After the name in parentheses, which may hold anything: state first, start time (ticks since boot) twentieth.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"
