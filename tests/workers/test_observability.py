"""Logs hold what operators need and nothing that anybody sent; metrics have the names that alerts rely on."""

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.support.dev_server import address_of, dev_server
from tests.support.eventually import eventually
from tests.support.tally import Start, Tally, double
from workers.observability import runtime
from workers.plugin import plumbing
from workers.settings import Settings

CANARY = "Wren Fable"

PROGRAM = """
import asyncio, logging, sys, warnings
import structlog
from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from workers.observability import configure_logging
from workers.settings import Settings

class Small(BaseModel):
    number: int

canary = sys.argv[1]
configure_logging(Settings(log_json=sys.argv[2] == "json"))
log = structlog.get_logger("workers.sample")
log.info("journal written", pathway_id="p-1", seq=7, note=canary, people=[canary], duration_ms=1.5)
log.debug("not at this level", pathway_id=canary)
try:
    Small.model_validate({"number": canary})
except Exception:
    log.exception("could not read", code="wrong_type")
    logging.getLogger("temporalio.worker").exception("Failed handling activation on workflow with run ID %s", "r-1")
    logging.getLogger("somebody.else").exception(f"failed with {canary}")
logging.getLogger("somebody.else").warning("slow answer from %s", canary)
try:
    raise ApplicationError(canary, canary, type="dose_too_high") from ValueError(canary)
except Exception as error:
    logging.getLogger("workers.sample").warning("refused", exc_info=error, extra={"who": canary})
warnings.warn(f"unexpected {canary}")
asyncio.new_event_loop().call_exception_handler({"message": canary, "exception": ValueError(canary)})
logging.getLogger("workers.sample").info("%d", canary)

async def work():
    activity.logger.info("sent", extra={"recipient": canary})
asyncio.run(ActivityEnvironment().run(work))
"""


def logged(form: str) -> str:
    """What the program writes to standard error."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAP_")}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, CANARY, form],
        env=environment | {"PYTHONPATH": os.getcwd(), "KAP_STATE_DIR": "no such folder"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    return ended.stderr


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged("json").splitlines() if line.startswith("{")]


@pytest.mark.parametrize("form", ["json", "text"])
def test_nothing_that_was_sent_is_logged(form: str) -> None:
    written = logged(form)
    assert "Wren" not in written
    for event in ("journal written", "could not read", "run ID r-1", "(text withheld)", "refused", "sent"):
        assert event in written
    assert written.count("cannot be written") == 1, "only the line whose arguments do not fit"


def test_known_keys_are_written_and_others_named(lines: list[dict[str, Any]]) -> None:
    first = lines[0]
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "journal written",
        "level": "info",
        "logger": "workers.sample",
        "pathway_id": "p-1",
        "seq": 7,
        "duration_ms": 1.5,
        "note": "<str>",
        "people": "<list>",
    }


def named(lines: list[dict[str, Any]], event: str) -> dict[str, Any]:
    [line] = [line for line in lines if line["event"] == event]
    return line


def test_exceptions_are_types_and_places(lines: list[dict[str, Any]]) -> None:
    told = named(lines, "could not read")["exception"]
    assert told.startswith("pydantic_core._pydantic_core.ValidationError at ")
    assert "main.py:" in told
    refused, cause = named(lines, "refused")["exception"].splitlines()
    assert refused.startswith("temporalio.exceptions.ApplicationError[dose_too_high] at ")
    assert cause.startswith("caused by builtins.ValueError at ")


def test_messages_of_the_sdk_stay_and_of_others_become_templates(lines: list[dict[str, Any]]) -> None:
    events = [line["event"] for line in lines]
    assert "Failed handling activation on workflow with run ID r-1" in events
    assert "slow answer from %s" in events
    assert "(text withheld)" in events
    assert any(event.startswith("UserWarning at <string>:") for event in events)
    assert "not at this level" not in events


def test_running_activity_is_named_by_keys(lines: list[dict[str, Any]]) -> None:
    sent = named(lines, "sent")
    assert sent["activity_type"] == "unknown"
    assert sent["workflow_id"] == "test"
    assert sent["attempt"] == 1


async def test_metrics_have_units_and_totals_in_their_names() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    ours = runtime(Settings(metrics_address=f"127.0.0.1:{port}"))
    async with dev_server(None) as environment_client:
        client = await Client.connect(address_of(environment_client), plugins=[plumbing(None)], runtime=ours)
        async with Worker(client, task_queue="measured", workflows=[Tally], activities=[double]):
            handle = await client.start_workflow(Tally.run, Start(name="a"), id="measured", task_queue="measured")
            await handle.execute_update(Tally.close)
            await handle.result()
            text = await eventually(lambda: asyncio.to_thread(scraped, port))
    assert "temporal_workflow_completed_total{" in text
    assert "temporal_workflow_task_execution_latency_seconds_bucket{" in text
    assert 'poller_type="sticky_workflow_task"' in text


def scraped(port: int) -> str:
    """The metrics page, once the worker's course is on it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return text if "temporal_workflow_completed" in text else ""


def test_without_an_address_no_metrics_are_served() -> None:
    assert runtime(Settings(metrics_address=None)) is not None
