"""Codec server: decrypts for Temporal's web UI and command line, for those who may read.

It answers the requests of the UI's and the CLI's codec endpoint: ``POST /encode`` and ``POST /decode``, each a
``Payloads`` message as JSON. Whoever reaches it reads everything, so it listens on this machine only unless a token is
set, and it answers only pages of the origins it was told.

Run it by ``python -m workers.codec_server --port 8081 --origin http://localhost:8233``.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.api.common.v1 import Payload, Payloads

from activities.cipher import Cipher
from activities.keyring import Keyring, KeyringError, load_keyring
from workers.codec import EncryptionCodec
from workers.observability import configure_logging
from workers.serving import LOOPBACK, BodyTooLarge, body_of, serve
from workers.settings import Settings

MAX_BODY_BYTES: Final = 64 * 1024 * 1024
"""Most that one request may send: a page of history, whose payloads are limited to 2 MiB each by the server."""

_Codec = Callable[[Sequence[Payload]], Awaitable[list[Payload]]]


class _Turned(Exception):
    """Ends a request with a status, a stable code and a sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(code)
        self.response = JSONResponse({"code": code, "sentence": sentence}, status_code=status)


class _Door:
    """Who may ask: the right page, with the right token, about a namespace that is served."""

    def __init__(self, origins: Sequence[str], token: str | None, namespaces: Sequence[str]) -> None:
        self._origins = frozenset(origins)
        self._token = token
        self._namespaces = frozenset(namespaces)

    def admit(self, request: Request) -> None:
        """Let a request in.

        Raises:
            _Turned: It may not.
        """
        origin = request.headers.get("origin")
        # CORS keeps a strange page from reading the answer. This also holds off one that pretends to be this server by
        # rebinding its own name to our address.
        if origin is not None and origin not in self._origins:
            raise _Turned(403, "origin_not_allowed", "Pages of this origin are not served; see --origin.")
        given = request.headers.get("authorization", "").encode()
        if self._token is not None and not hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            raise _Turned(401, "token_required", "Send the codec server's token as bearer token.")
        if self._namespaces and request.headers.get("x-namespace") not in self._namespaces:
            raise _Turned(403, "namespace_not_served", "This namespace is not served; see --namespace.")


def codec_app(
    keyring: Keyring, *, origins: Sequence[str] = (), token: str | None = None, namespaces: Sequence[str] = ()
) -> Starlette:
    """The server as an ASGI application.

    Args:
        keyring: Keys to decrypt with.
        origins: Web origins whose pages are answered, such as ``http://localhost:8233``; none answers no page.
        token: Bearer token that every request must carry, if any.
        namespaces: Values of ``X-Namespace`` that are served; none means all.
    """
    codec = EncryptionCodec(Cipher(keyring))
    door = _Door(origins, token, namespaces)

    def endpoint(turn: _Codec) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                door.admit(request)
                payloads = await _payloads(request)
            except _Turned as turned:
                return turned.response
            answer = Payloads(payloads=await turn(payloads.payloads))
            return Response(json_format.MessageToJson(answer), media_type="application/json")

        return handle

    return Starlette(
        routes=[
            Route("/encode", endpoint(codec.encode), methods=["POST"]),
            Route("/decode", endpoint(codec.decode), methods=["POST"]),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(origins),
                allow_methods=["POST"],
                allow_headers=["Authorization", "Content-Type", "X-Namespace"],
                allow_private_network=True,
            )
        ],
        exception_handlers={404: _not_found, 405: _not_found},
    )


async def _payloads(request: Request) -> Payloads:
    """The request's body.

    Raises:
        _Turned: It is too long, or no ``Payloads`` message.
    """
    try:
        return json_format.Parse(await body_of(request, MAX_BODY_BYTES), Payloads())
    except BodyTooLarge:
        raise _Turned(413, "body_too_large", f"At most {MAX_BODY_BYTES} bytes are taken at once.") from None
    except (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        raise _Turned(400, "malformed_payloads", "The body is no JSON form of Temporal's Payloads message.") from None


async def _not_found(request: Request, error: Exception) -> Response:
    del request
    status = getattr(error, "status_code", 404)
    return JSONResponse(
        {"code": "unknown_endpoint", "sentence": "Only POST /encode and POST /decode are answered."}, status_code=status
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server from the command line; the key file defaults to the one in the settings."""
    parser = argparse.ArgumentParser(prog="python -m workers.codec_server", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, required=True, help="TCP port to listen on")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on; others than loopback need a token")
    parser.add_argument(
        "--origin", action="append", default=[], help="web origin whose pages are answered, as browsers send it; repeat"
    )
    parser.add_argument("--keyring", type=Path, help="key file")
    parser.add_argument("--token-file", type=Path, help="file with the bearer token that every request must carry")
    parser.add_argument("--namespace", action="append", default=[], help="namespace to serve, all by default; repeat")
    given = parser.parse_args(arguments)
    settings = Settings()
    path = given.keyring or settings.keyring
    if path is None:
        parser.error("no key file: give --keyring, or set KAP_KEYRING")
    try:
        token = given.token_file.read_text().strip() if given.token_file else None
        keyring = load_keyring(path)
    except (OSError, KeyringError) as error:
        parser.error(str(error))
    if token == "" or (token is None and given.host not in {LOOPBACK, "localhost", "::1"}):
        parser.error("who listens beyond this machine needs a --token-file with a token in it")
    configure_logging(settings)
    app = codec_app(keyring, origins=given.origin, token=token, namespaces=given.namespace)
    with suppress(KeyboardInterrupt):  # the server has ended properly by then, and passes the signal on
        asyncio.run(serve(app, port=given.port, host=given.host))


if __name__ == "__main__":
    main()
