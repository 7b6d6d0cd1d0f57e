"""A catcher of texts and push messages: takes what a provider's REST API would, keeps each as one file, and shows them.

Run as ``python -m workers.stack.texts --port PORT --dir DIR``; :func:`read_texts` reads what came, ``GET /`` shows it.
It sends nothing on. A message that comes again under its ``Idempotency-Key`` is the same message.

With ``--reports URL --secret-file FILE`` it also reports as a provider does, signed: by itself that a message was
delivered, and whatever is posted to ``/reports``, such as a reply.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_SUFFIX = ".json"
_FIELDS = ("channel", "to", "text", "reference")

_TAKEN = 202
_PATIENCE = 30.0
"""Seconds that the clinic may take to answer a report."""

_PAUSES = (0.5, 1, 2, 4, 8, 15, 30, 60)
"""Seconds before each try at reporting a delivery; who does not take it by then is not told."""


def read_texts(folder: Path) -> list[dict[str, Any]]:
    """The messages kept in ``folder`` in the order in which they came; none where the folder is not there yet."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


class Reporter:
    """Reports to the clinic, signed as Standard Webhooks have it."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._webhook = Webhook(secret)

    async def say(self, body: str) -> tuple[int, dict[str, Any]]:
        """Report something; returns the clinic's answer.

        Raises:
            httpx.HTTPError: It does not answer.
            ValueError: What it answers is no JSON.
        """
        number, now = f"msg_{uuid4().hex}", datetime.now(UTC)
        headers = {
            "webhook-id": number,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(number, now, body),
        }
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            answer = await client.post(self._url, content=body, headers=headers)
        return answer.status_code, answer.json()

    async def delivered(self, reference: str) -> None:
        """Report a delivery until the clinic knows the message: it notes what was sent only after we took it."""
        body = json.dumps({"type": "message.delivered", "reference": reference})
        for pause in _PAUSES:
            await asyncio.sleep(pause)
            with suppress(httpx.HTTPError, ValueError):
                status, answer = await self.say(body)
                if status == _TAKEN and answer.get("outcome") != "unknown":
                    return


class Catcher:
    """Writes each message to a numbered file before the sender is told that it was taken."""

    def __init__(self, folder: Path, reporter: Reporter | None = None) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._reporter = reporter
        self._reporting: set[asyncio.Task[None]] = set()
        kept = read_texts(folder)
        self._keys = {message["reference"] for message in kept}
        self._count = len(kept)

    async def take(self, request: Request) -> Response:
        """Keep one message, once."""
        try:
            document = await request.json()
            message = {field: str(document[field]) for field in _FIELDS}
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"code": "malformed_message"}, status_code=422)
        if message["reference"] not in self._keys:
            self._keys.add(message["reference"])
            self._count += 1
            draft = self._folder / f"{self._count:08d}.tmp"
            draft.write_text(json.dumps(message, indent=2))
            draft.replace(draft.with_suffix(_SUFFIX))
            if self._reporter is not None:
                reporting = asyncio.create_task(self._reporter.delivered(message["reference"]))
                self._reporting.add(reporting)
                reporting.add_done_callback(self._reporting.discard)
        return JSONResponse({"id": message["reference"]}, status_code=_TAKEN)

    async def report(self, request: Request) -> Response:
        """Sign what is posted and hand it on, for whoever plays the recipient. Pages of a browser may not."""
        if "origin" in request.headers:
            return JSONResponse({"code": "origin_not_allowed", "sentence": "Pages may not report."}, status_code=403)
        if self._reporter is None:
            sentence = "Nobody takes reports here. They are taken where kap up runs."
            return JSONResponse({"code": "no_callbacks", "sentence": sentence}, status_code=503)
        try:
            status, answer = await self._reporter.say((await request.body()).decode())
        except (httpx.HTTPError, ValueError):
            sentence = "The server that takes reports does not answer. Try again."
            return JSONResponse({"code": "callbacks_unreachable", "sentence": sentence}, status_code=503)
        return JSONResponse(answer, status_code=status)

    async def show(self, _: Request) -> Response:
        """What was sent, the newest first."""
        lines = [f"{one['channel']} to {one['to']}\n{one['text']}" for one in reversed(read_texts(self._folder))]
        return HTMLResponse(f"<title>Texts and push messages</title><pre>{html.escape(chr(10).join(lines))}</pre>")


def main() -> None:
    """Command line of the catcher."""
    parser = argparse.ArgumentParser(description="Keep every text and push message sent to a local port as a file.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--reports", metavar="URL", help="where to report deliveries and replies to")
    parser.add_argument("--secret-file", type=Path, help="file with what reports are signed with")
    arguments = parser.parse_args()
    reporter = Reporter(arguments.reports, arguments.secret_file.read_text().strip()) if arguments.reports else None
    catcher = Catcher(arguments.dir, reporter)
    routes = [
        Route("/messages", catcher.take, methods=["POST"]),
        Route("/reports", catcher.report, methods=["POST"]),
        Route("/", catcher.show, methods=["GET"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=arguments.port, log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
