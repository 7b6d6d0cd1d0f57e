"""How the command line ends: its exit codes, and the one place where it does.

A process that has used Temporal's client can crash or hang while Python takes itself apart. So there is one way out:
flush what was printed, then leave without that.
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum
from typing import Final, NoReturn


class Exit(IntEnum):
    """Exit codes, as programs may rely on them."""

    DONE = 0
    INTERNAL_ERROR = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


MEANING: Final = {
    Exit.DONE: "done",
    Exit.INTERNAL_ERROR: "an error of this program",
    Exit.USAGE: "wrong usage: a flag, a file that cannot be read, a setting",
    Exit.REFUSED: "refused, by a rule or because of what was sent; code, field and sentence say why",
    Exit.NOT_FOUND: "there is no such pathway",
    Exit.UNREACHABLE: "server, workers or database do not answer; try again",
    Exit.INTERRUPTED: "interrupted",
}
"""What each code means, for help and documentation."""

_BY_CODE: Final = {
    "usage": Exit.USAGE,
    "settings_invalid": Exit.USAGE,
    "file_unreadable": Exit.USAGE,
    "file_unwritable": Exit.USAGE,
    "keyring_unusable": Exit.USAGE,
    "unknown_pathway": Exit.NOT_FOUND,
    "server_unreachable": Exit.UNREACHABLE,
    "server_error": Exit.UNREACHABLE,
    "workers_unreachable": Exit.UNREACHABLE,
    "database_unreachable": Exit.UNREACHABLE,
    "database_missing": Exit.UNREACHABLE,
    "database_refused": Exit.UNREACHABLE,
    "keyring_missing": Exit.UNREACHABLE,
    "stack_not_running": Exit.UNREACHABLE,
    "stack_failed": Exit.UNREACHABLE,
    "callbacks_unreachable": Exit.UNREACHABLE,
    "no_callbacks": Exit.UNREACHABLE,
    "try_again": Exit.UNREACHABLE,
    "bootstrap_failed": Exit.UNREACHABLE,
    "not_ready": Exit.UNREACHABLE,
    "timeout": Exit.UNREACHABLE,
    "too_many_requests": Exit.UNREACHABLE,
    "access_denied": Exit.UNREACHABLE,
    "interrupted": Exit.INTERRUPTED,
    "internal_error": Exit.INTERNAL_ERROR,
}


def exit_for(code: str) -> Exit:
    """The exit code for a refusal's code: whatever is not about reaching somebody was refused."""
    return _BY_CODE.get(code, Exit.REFUSED)


def leave(code: int) -> NoReturn:
    """Flush and end the process, now."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # the reader of our output has gone
    os._exit(code)
