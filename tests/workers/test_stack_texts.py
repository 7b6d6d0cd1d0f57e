"""The catcher of texts: what our own provider client sends is kept once and shown, and reported as a provider does."""

import asyncio
import base64
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from activities.outreach.provider import Provider
from schemas.messages import Channel
from tests.support.eventually import eventually
from tests.support.provider import serving
from workers.stack import read_texts, texts
from workers.stack.services import listening


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_each_message_is_kept_once_also_across_a_restart_and_shown_escaped(tmp_path: Path) -> None:
    folder, port = tmp_path / "texts", free_port()
    assert read_texts(folder) == []
    provider = Provider(f"http://127.0.0.1:{port}")
    for _ in range(2):
        command = (sys.executable, "-P", texts.__file__, "--port", str(port), "--dir", str(folder))
        process = await asyncio.create_subprocess_exec(*command)
        try:

            async def answers() -> bool:
                async with httpx.AsyncClient(trust_env=False) as client:
                    try:
                        return (await client.get(f"http://127.0.0.1:{port}/")).is_success
                    except httpx.HTTPError as error:
                        raise AssertionError from error

            await eventually(answers, timeout=30)
            for reference in ("a", "a", "b"):
                await provider.send(Channel.SMS, "+13035550100", f"<b>{reference}</b>", reference)
            async with httpx.AsyncClient(trust_env=False) as client:
                page = (await client.get(f"http://127.0.0.1:{port}/")).text
                refused = await client.post(f"http://127.0.0.1:{port}/messages", json={"to": "nobody"})
            assert "&lt;b&gt;a&lt;/b&gt;" in page
            assert refused.status_code == 422
        finally:
            process.terminate()
            await process.wait()
    assert [one["reference"] for one in read_texts(folder)] == ["a", "b"]


SECRET = f"whsec_{base64.b64encode(b'secret of the tests, invented').decode()}"


@dataclass
class Clinic:
    """Takes reports that are signed; says of the first ones that it knows no such message."""

    port: int = 0
    pause: asyncio.Event | None = None
    knows_nothing: int = 2
    reports: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        Webhook(SECRET).verify(body, dict(request.headers))
        if self.knows_nothing > 0:
            self.knows_nothing -= 1
            return JSONResponse({"outcome": "unknown"}, status_code=202)
        self.reports.append(json.loads(body))
        return JSONResponse({"outcome": "noted"}, status_code=202)


@asynccontextmanager
async def catching(folder: Path, *arguments: str) -> AsyncIterator[str]:
    """The catcher, running; its address."""
    port = free_port()
    command = (sys.executable, "-P", texts.__file__, "--port", str(port), "--dir", str(folder), *arguments)
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await eventually(partial(listening, port), timeout=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def test_deliveries_and_replies_are_reported_signed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    async with serving(Clinic(), "/reports") as clinic:
        address = f"http://127.0.0.1:{clinic.port}/reports"
        options = ("--reports", address, "--secret-file", str(tmp_path / "secret"))
        async with catching(tmp_path / "texts", *options) as url, httpx.AsyncClient(trust_env=False) as phone:
            for _ in range(2):
                await Provider(url).send(Channel.SMS, "+13035550100", "Please sign in.", "a")
            await eventually(lambda: clinic.reports == [{"type": "message.delivered", "reference": "a"}], timeout=20)
            said = {"type": "message.replied", "sender": "+13035550100", "text": "STOP"}
            answer = await phone.post(f"{url}/reports", json=said)
            assert (answer.status_code, answer.json()) == (202, {"outcome": "noted"})
            assert clinic.reports[1:] == [said]
            page = await phone.post(f"{url}/reports", json=said, headers={"Origin": "https://elsewhere.example"})
            assert page.status_code == 403
            assert clinic.reports[1:] == [said]


async def test_where_nobody_takes_reports_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    nowhere = ("--reports", f"http://127.0.0.1:{free_port()}/reports", "--secret-file", str(tmp_path / "secret"))
    for arguments, code in (((), "no_callbacks"), (nowhere, "callbacks_unreachable")):
        async with catching(tmp_path / "texts", *arguments) as url, httpx.AsyncClient(trust_env=False) as phone:
            answer = await phone.post(f"{url}/reports", json={})
            assert (answer.status_code, answer.json()["code"]) == (503, code)
