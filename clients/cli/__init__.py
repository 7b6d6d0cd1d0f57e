"""The command line ``kap``: thin commands over the client, tables for people, JSON for programs.

Whatever takes long to import is imported by the command that needs it, so that help and usage errors come at once.
"""

from __future__ import annotations

from typing import NoReturn

from clients.cli.exit import Exit, leave


def main() -> NoReturn:
    """Run the command that the arguments name, and end the process with its exit code."""
    try:
        leave(_run())
    except SystemExit as ended:  # argparse, in programs that are also run by themselves
        leave(ended.code if isinstance(ended.code, int) else Exit.DONE)
    except KeyboardInterrupt:
        leave(Exit.INTERRUPTED)
    except BrokenPipeError:
        leave(Exit.DONE)  # the reader has seen enough


def _run() -> int:
    from clients.cli.app import app
    from clients.cli.failing import told

    try:
        code = app(prog_name="kap", standalone_mode=False)
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        return told(error)
    return int(code or Exit.DONE)
