"""Creates namespace, search attributes and schema of a local stack: :func:`workers.bootstrap.bootstrap`, run once.

A process of its own, because the addresses come from the environment, and the supervisor's is the user's.
"""

from __future__ import annotations

import asyncio
import os
import sys

from workers.bootstrap import BootstrapFailed, bootstrap
from workers.plugin import ServerUnreachable
from workers.settings import Settings


def main() -> None:
    """Prepare the servers that the environment names."""
    status = 0
    try:
        asyncio.run(bootstrap(Settings()))
    except (BootstrapFailed, ServerUnreachable) as error:
        print(error)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # a short-lived Temporal client can crash or hang while Python tidies up


if __name__ == "__main__":
    main()
