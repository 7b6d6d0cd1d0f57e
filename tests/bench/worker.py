"""The worker of the benchmark: the real workers and, beside them, the floor's, in a process whose CPU time it tells.

Every line on standard input is answered with one line of JSON; at its end the worker stops, so it never outlives the
process that measures it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys

from temporalio.client import Client
from temporalio.worker import Worker

from activities.cipher import Cipher
from activities.database import open_pool
from activities.keyring import load_keyring
from clients.cli.exit import leave
from schemas.records import TaskQueue
from tests.bench.bare import BENCH_QUEUE, BareWorkflow
from workers.main import activities_by_queue, working
from workers.plugin import plumbing
from workers.settings import Settings


async def work() -> None:
    """Work until standard input ends."""
    settings = Settings()
    if settings.keyring is None or settings.database_url is None:
        raise SystemExit("Started by tests.bench only.")
    keyring = load_keyring(settings.keyring)
    client = await Client.connect(
        os.environ["TEMPORAL_ADDRESS"], plugins=[plumbing(keyring, passed_through=("tests",))]
    )
    pool = await open_pool(settings.database_url)
    floor = Worker(
        client,
        task_queue=BENCH_QUEUE,
        workflows=[BareWorkflow],
        activities=activities_by_queue(client, settings, pool, Cipher(keyring))[TaskQueue.PATHWAYS],
    )
    async with working(client, settings), floor:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while await lines.readline():
            usage = resource.getrusage(resource.RUSAGE_SELF)
            print(json.dumps({"cpu_s": usage.ru_utime + usage.ru_stime}), flush=True)


if __name__ == "__main__":
    asyncio.run(work())
    leave(0)
