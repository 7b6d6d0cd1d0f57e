"""A catcher of texts and push messages: takes what a provider's REST API would, keeps each as one file, and shows them.

Run as ``python -m workers.stack.texts --port PORT --dir DIR``; :func:`read_texts` reads what came, ``GET /`` shows it.
It sends nothing on. A message that comes again under its ``Idempotency-Key`` is the same message.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

_SUFFIX = ".json"
_FIELDS = ("channel", "to", "text", "reference")


def read_texts(folder: Path) -> list[dict[str, Any]]:
    """The messages kept in ``folder`` in the order in which they came; none where the folder is not there yet."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


class Catcher:
    """Writes each message to a numbered file before the sender is told that it was taken."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
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
        return JSONResponse({"id": message["reference"]}, status_code=202)

    async def show(self, _: Request) -> Response:
        """What was sent, the newest first."""
        lines = [f"{one['channel']} to {one['to']}\n{one['text']}" for one in reversed(read_texts(self._folder))]
        return HTMLResponse(f"<title>Texts and push messages</title><pre>{html.escape(chr(10).join(lines))}</pre>")


def main() -> None:
    """Command line of the catcher."""
    parser = argparse.ArgumentParser(description="Keep every text and push message sent to a local port as a file.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    arguments = parser.parse_args()
    catcher = Catcher(arguments.dir)
    routes = [Route("/messages", catcher.take, methods=["POST"]), Route("/", catcher.show, methods=["GET"])]
    config = uvicorn.Config(Starlette(routes=routes), port=arguments.port, log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
