"""Our own programs in a local stack, each a process: catchers, codec server, workers, and the doors for others."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial

from workers.stack import mail, texts
from workers.stack.environment import outside_environment, service_environment
from workers.stack.errors import StackFailed
from workers.stack.ledger import Ledger
from workers.stack.options import HOST, Addresses, StackOptions
from workers.stack.process import Child, ChildProcess
from workers.stack.secrets import PROVIDER_SECRET_FILE
from workers.stack.temporal import http_get

_BOOTSTRAP_LIMIT = 90.0
"""Seconds that preparing the servers may take; it waits for them, and a first start on a busy machine is slow."""

_POLLING = re.compile(rb'^temporal_num_pollers\{[^}]*poller_type="workflow_task"[^}]*\} [1-9]', re.MULTILINE)


def default_services(options: StackOptions, addresses: Addresses) -> list[Child]:
    """Codec server, catcher of texts, workers, and the doors for others where they are wanted."""
    environment = service_environment(options, addresses)
    codec_port = port_of(addresses.codec_url)
    metrics_port = port_of(addresses.metrics_address)

    async def codec_ready() -> bool:
        return await listening(codec_port)

    async def texts_ready() -> bool:
        return await listening(port_of(addresses.provider_url))

    async def workers_ready() -> bool:
        # Listening is not enough: they are of use once they ask Temporal for work.
        _, metrics = await http_get(metrics_port, "/metrics")
        return _POLLING.search(metrics) is not None

    return [
        Child(
            name="codec",
            argv=[
                *(sys.executable, "-m", "workers.codec_server", "--port", str(codec_port)),
                # Pages of the UI, by either name of this machine.
                *("--origin", addresses.ui_url, "--origin", f"http://localhost:{port_of(addresses.ui_url)}"),
            ],
            env=environment,
            ready=codec_ready,
            needs_servers=False,
            grace=5.0,
        ),
        Child(
            name="texts",
            argv=[
                *(sys.executable, "-P", texts.__file__),
                *("--port", str(port_of(addresses.provider_url)), "--dir", str(addresses.text_dir)),
                *(("--reports", f"{addresses.callbacks_url}/reports") if options.doors else ()),
                *(("--secret-file", str(addresses.state_dir / PROVIDER_SECRET_FILE)) if options.doors else ()),
            ],
            env=outside_environment() | {"PYTHONUNBUFFERED": "1"},
            ready=texts_ready,
            needs_servers=False,
            grace=5.0,
        ),
        Child(
            name="workers",
            argv=[sys.executable, "-m", "workers.main"],
            env=environment,
            ready=workers_ready,
            grace=20.0,
        ),
        *(doors(environment, addresses) if options.doors else ()),
    ]


def doors(environment: Mapping[str, str], addresses: Addresses) -> Iterator[Child]:
    """What others than the clinic's own come in by. They belong to the clients, so they are known here by name only."""
    # The address of the metrics is the workers'.
    env = {name: value for name, value in environment.items() if name != "KAP_METRICS_ADDRESS"}
    for name, url in (("callbacks", addresses.callbacks_url), ("portal", addresses.link_url)):
        port = port_of(url)
        argv = [sys.executable, "-m", "clients.cli", name, "--port", str(port)]
        yield Child(name=name, argv=argv, env=env, ready=partial(listening, port), grace=5.0)


def mail_child(addresses: Addresses) -> Child:
    """The mail catcher."""

    async def ready() -> bool:
        return await listening(addresses.smtp_port)

    return Child(
        name="mail",
        # By its path: as a module it would load the supervisor first, for nothing. With -P, as the files beside it
        # have names that others' modules might have.
        argv=[
            *(sys.executable, "-P", mail.__file__),
            *("--port", str(addresses.smtp_port), "--dir", str(addresses.mail_dir)),
        ],
        env=outside_environment() | {"PYTHONUNBUFFERED": "1"},
        ready=ready,
        grace=5.0,
    )


async def prepare_servers(options: StackOptions, addresses: Addresses, ledger: Ledger) -> None:
    """Wait for the servers and create what is missing in them.

    Raises:
        StackFailed: That failed.
    """

    async def never() -> bool:
        return False

    child = Child(
        name="bootstrap",
        argv=[sys.executable, "-m", "workers.stack.prepare"],
        env=service_environment(options, addresses),
        ready=never,
    )
    process = await ChildProcess.spawn(child, addresses.log_dir, ledger)
    try:
        status = await asyncio.wait_for(process.wait(), _BOOTSTRAP_LIMIT)
    except TimeoutError:
        status = None
    finally:
        process.kill()
        ledger.remove(process.pid)
    if status != 0:
        how = "took too long" if status is None else f"ended with status {status}"
        log = addresses.log_dir / "bootstrap.log"
        raise StackFailed(f"Preparing the servers {how}. Its log is {log} and ends with:\n{process.last_words()}")


def port_of(address: str) -> int:
    """The port at the end of ``http://host:port`` or ``host:port``."""
    return int(address.rpartition(":")[2])


async def listening(port: int) -> bool:
    """Whether something takes connections on a local port.

    Raises:
        OSError: Nothing does.
    """
    _, writer = await asyncio.open_connection(HOST, port)
    writer.close()
    await writer.wait_closed()
    return True
