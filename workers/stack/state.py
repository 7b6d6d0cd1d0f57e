"""The folder of one stack: who holds it, and how files get into it."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workers.stack.errors import StackFailed, StackInUse

LOCK_FILE = "lock"


class Claim:
    """The right of this process to run the stack in one folder, held from :func:`claim` until :meth:`release`.

    The kernel drops it when the process ends in any way, so a crash never locks a folder.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let others start here. Harmless when done already."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def claim(folder: Path) -> tuple[Path, Claim]:
    """Make ``folder`` ready for a stack, for this user only, and take it.

    Returns:
        The absolute folder and the claim on it.

    Raises:
        StackInUse: Another process runs a stack there.
        StackFailed: The folder cannot be used.
    """
    try:
        folder = folder.expanduser().resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(folder)
        folder.chmod(0o700)
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise StackFailed(f"{folder} is a file; the stack needs a folder. Choose another one.") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, or no such home
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise StackFailed(
            f"The folder {folder} cannot be used ({reason}). Choose one that you may write to."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 4096)
        os.close(descriptor)
        raise StackInUse(_refusal(folder, holder)) from error
    except OSError as error:
        os.close(descriptor)
        raise StackFailed(f"The folder {folder} cannot be locked ({error.strerror}). Choose a local one.") from error
    os.ftruncate(descriptor, 0)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "since": since}).encode(), 0)
    return folder, Claim(descriptor)


def _refuse_foreign(folder: Path) -> None:
    """Never mix with files that are not a stack's, nor with a stack of somebody else."""
    if not any(folder.iterdir()):
        return
    if not (folder / LOCK_FILE).exists():
        raise StackFailed(f"{folder} holds files that are not a local stack's. Choose an empty or a new folder.")
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = str(owner)
        raise StackFailed(
            f"The stack in {folder} belongs to user {name}. Start it as that user, or choose another folder."
        )


def _refusal(folder: Path, holder: bytes) -> str:
    try:
        told = json.loads(holder)
        who = f"process {told['pid']}, since {told['since']}"
    except (ValueError, KeyError, TypeError):  # taken this very instant: nothing is written yet
        who = "a process that has just started"
    return f"{folder} is in use by {who}. Stop that one first, or choose another folder."


def write_private(path: Path, text: str) -> None:
    """Put ``text`` into ``path`` at once and for this user only: readers see the old file or the new one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp makes it 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    Path(name).replace(path)


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in ``path``; empty where there is none, or a crash of the machine left a broken one."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
