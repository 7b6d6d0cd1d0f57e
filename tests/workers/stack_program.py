"""A supervisor to be killed by tests: ``python stack_program.py DIR [stubborn]``; prints a line for every event."""

import asyncio
import sys
from pathlib import Path

from workers.stack import Addresses, Child, Stack, StackFailed, StackInUse, StackOptions, StackStopped

IGNORES_SIGTERM = """
import signal, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
threading.Event().wait()
"""


def stubborn(options: StackOptions, addresses: Addresses) -> list[Child]:
    async def deaf() -> bool:
        return "deaf" in (addresses.log_dir / "stubborn.log").read_text()

    return [Child("stubborn", [sys.executable, "-c", IGNORES_SIGTERM], env={}, ready=deaf, grace=60)]


async def main(folder: str, kind: str = "") -> int:
    options = StackOptions(
        Path(folder),
        ephemeral_speed=True,
        bootstrap=False,
        services=stubborn if kind == "stubborn" else lambda options, addresses: [],
    )
    try:
        async with Stack(options, on_event=lambda event: print(event.sentence, flush=True)) as stack:
            await stack.wait()
    except (StackFailed, StackInUse, StackStopped) as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
