"""What every HTTP server of ours does alike: it listens, keeps no access log, and reads no more than it can take."""

from __future__ import annotations

from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request

LOOPBACK: Final = "127.0.0.1"


class BodyTooLarge(Exception):
    """A request sent more than is taken."""


async def serve(app: Starlette, *, port: int, host: str = LOOPBACK) -> None:
    """Answer requests until cancelled or interrupted.

    Logging is configured by the program. An access log would add who looked when, and of some servers the addresses
    themselves are secrets.

    Args:
        app: What answers.
        port: TCP port to listen on.
        host: Address to listen on.
    """
    await uvicorn.Server(uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False)).serve()


async def body_of(request: Request, most: int) -> bytes:
    """The request's body, of at most so many bytes; what exceeds them is not read.

    Raises:
        BodyTooLarge: It is longer.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLarge
    return bytes(body)
