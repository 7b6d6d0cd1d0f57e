"""A leash for one command: if the process that started it dies in whatever way, the kernel ends the command too.

Run as a script in front of the command: ``python tether.py PARENT_PID SIGNAL COMMAND…``. A script, not code between
fork and exec, because the supervisor has threads (Temporal's core), and running Python there can deadlock.
It imports the standard library only and replaces itself by the command, which keeps the process id.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the command."""
    parent, signal_number, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":  # elsewhere leftovers are ended by the next start
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:  # it died before the leash was on
        sys.exit("The supervisor is gone.")
    os.umask(0o077)  # whatever the command writes is for this user only
    try:
        os.execvp(command[0], command)  # noqa: S606  no shell is wanted
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main()
