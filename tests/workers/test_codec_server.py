"""Codec server, as its own program: answers the UI's and the command line's requests, and only those it should."""

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.worker import Worker

from activities.keyring import create_keyring, load_keyring
from tests.support.dev_server import address_of, dev_server
from tests.support.eventually import eventually
from tests.support.tally import Start, Tally, double
from workers.codec import ENCRYPTED, UNDECIPHERABLE
from workers.codec_server import main

ORIGIN = "http://localhost:8233"
TOKEN = "a token for tests"
CLEAR = Payload(metadata={"encoding": b"json/plain"}, data=b'"Wren Fable"')


@dataclass(frozen=True)
class Server:
    port: int
    keyring: Path

    def ask(
        self, path: str, body: bytes | Payload, *, method: str = "POST", **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers and JSON of an answer. Underscores in header names stand for hyphens."""
        if isinstance(body, Payload):
            body = json_format.MessageToJson(Payloads(payloads=[body])).encode()
        sent = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(content) if "json" in found.get("content-type", "") else None

    def turn(self, path: str, payload: Payload, **headers: str) -> Payload:
        """The one payload that comes back for one payload."""
        status, _, answer = self.ask(path, payload, **headers)
        assert status == 200
        return json_format.ParseDict(answer, Payloads()).payloads[0]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """The program on a free port, with a key file of its own."""
    keyring = folder / "keyring.json"
    create_keyring(keyring)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    arguments = ["--port", str(port), "--keyring", str(keyring), *options]
    program = subprocess.Popen([sys.executable, "-m", "workers.codec_server", *arguments], env=environment())
    try:
        asyncio.run(eventually(lambda: listening(port), timeout=20))
        yield Server(port, keyring)
    finally:
        program.send_signal(signal.SIGINT)
        ended = program.wait(10)
    assert ended == 0


def listening(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        return True


def environment() -> dict[str, str]:
    """Ours, without what would lead to a local stack, and with the project importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAP_", "TEMPORAL_"))}
    return kept | {"PYTHONPATH": os.getcwd(), "KAP_STATE_DIR": "no such folder"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a token, one origin and one namespace."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "token").write_text(TOKEN + "\n")
    options = ("--token-file", str(folder / "token"), "--origin", ORIGIN, "--namespace", "clinic")
    with running(folder, *options) as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as one starts it on one's own machine."""
    with running(tmp_path_factory.mktemp("plain")) as server:
        yield server


RIGHT = {"Authorization": f"Bearer {TOKEN}", "X_Namespace": "clinic", "Origin": ORIGIN}


def test_encodes_and_decodes_for_the_right_page(guarded: Server) -> None:
    hidden = guarded.turn("/encode", CLEAR, **RIGHT)
    assert hidden.metadata["encoding"] == ENCRYPTED
    assert b"Wren" not in hidden.data
    status, headers, _ = guarded.ask("/decode", hidden, **RIGHT)
    assert (status, headers["access-control-allow-origin"]) == (200, ORIGIN)
    assert guarded.turn("/decode", hidden, **RIGHT) == CLEAR


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"Authorization": ""}, 401, "token_required"),
        ({"Authorization": "Bearer wrong"}, 401, "token_required"),
        ({"Authorization": TOKEN}, 401, "token_required"),
        ({"X_Namespace": "other"}, 403, "namespace_not_served"),
        ({"X_Namespace": ""}, 403, "namespace_not_served"),
        ({"Origin": "http://localhost:9999"}, 403, "origin_not_allowed"),
        ({"Origin": "https://localhost:8233"}, 403, "origin_not_allowed"),
        ({"Origin": "null"}, 403, "origin_not_allowed"),
    ],
)
def test_others_are_turned_away(guarded: Server, change: dict[str, str], status: int, code: str) -> None:
    got, headers, answer = guarded.ask("/decode", CLEAR, **{**RIGHT, **change})
    assert (got, answer["code"]) == (status, code)
    assert answer["sentence"]
    assert headers.get("access-control-allow-origin") in (None, ORIGIN)


def test_preflight_admits_the_right_page_only(guarded: Server) -> None:
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "x-namespace,authorization"}
    status, headers, _ = guarded.ask("/decode", b"", method="OPTIONS", Origin=ORIGIN, **asked)
    assert (status, headers["access-control-allow-origin"]) == (200, ORIGIN)
    status, headers, _ = guarded.ask("/decode", b"", method="OPTIONS", Origin="http://elsewhere.example", **asked)
    assert status == 400
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"17", b'{"payloads": 1}', b'{"surprise": []}', b"\xff", b"[" * 100_000],
    ids=range(8),
)
def test_broken_body_is_refused(plain: Server, body: bytes) -> None:
    status, _, answer = plain.ask("/decode", body)
    assert (status, answer["code"]) == (400, "malformed_payloads")


@pytest.mark.parametrize(("method", "path"), [("GET", "/decode"), ("POST", "/download"), ("GET", "/")])
def test_other_endpoints_are_named_unknown(plain: Server, method: str, path: str) -> None:
    status, _, answer = plain.ask(path, b"{}", method=method)
    assert status in (404, 405)
    assert answer["code"] == "unknown_endpoint"


def test_what_cannot_be_deciphered_comes_back_as_such(plain: Server) -> None:
    assert plain.turn("/decode", Payload(metadata={"encoding": ENCRYPTED})).metadata["encoding"] == UNDECIPHERABLE


def test_no_page_is_answered_without_an_origin(plain: Server) -> None:
    assert plain.ask("/decode", CLEAR, Origin="http://localhost:8233")[0] == 403


async def test_temporal_command_line_reads_through_it(plain: Server) -> None:
    async with (
        dev_server(load_keyring(plain.keyring)) as client,
        Worker(client, task_queue="read", workflows=[Tally], activities=[double]),
    ):
        await client.start_workflow(Tally.run, Start(name="a", total=4711), id="read", task_queue="read")
        process = await asyncio.create_subprocess_exec(
            *(which("temporal") or "temporal", "workflow", "query", "-w", "read", "--type", "how_many"),
            *("--address", address_of(client), "--codec-endpoint", f"http://127.0.0.1:{plain.port}"),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert b"4711" in output


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--keyring", "nowhere.json"],
        ["--keyring", "keyring.json", "--host", "0.0.0.0"],
        ["--keyring", "keyring.json", "--token-file", "empty"],
    ],
)
def test_unsafe_or_impossible_start_is_refused(
    tmp_path: Path, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create_keyring(tmp_path / "keyring.json")
    (tmp_path / "empty").write_text("\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAP_KEYRING", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["--port", "1", *options])
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
