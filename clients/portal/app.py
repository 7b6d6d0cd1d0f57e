"""The portal of links as an ASGI application: one page, two forms, no script and no cookie.

``GET`` changes nothing, for mail programs and scanners follow links. Run it by ``kap portal --port 8095``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from activities.tokens import UNSUBSCRIBE, TokenInvalid, open_token
from clients.cli.exit import Exit, exit_for
from clients.client import KapClient
from clients.errors import PATHWAY_CLOSED, UNKNOWN_PATHWAY, Refused
from clients.portal.links import Desk, LinkEnded, Opened
from schemas.actors import Actor, Role
from schemas.commands import AcknowledgeMessage, ChooseEducation, Command, PostMessage
from schemas.consents import ReleaseScope
from workers.serving import BodyTooLarge, body_of

MAX_BODY_BYTES: Final = 64 * 1024

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_CLOSED: Final = "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_OWN_PAGE: Final = frozenset({"same-origin", "none"})
_NOTHING_SENT: Final = frozenset({"education_as_before", "care_ended", PATHWAY_CLOSED, UNKNOWN_PATHWAY})
"""Answers after which nothing is sent to read, either."""

_Handler = Callable[[Request], Awaitable[Response]]


class _Turned(Exception):
    """Ends a request with a page."""

    def __init__(self, status: int, headline: str, sentence: str) -> None:
        super().__init__(headline)
        self.status, self.headline, self.sentence = status, headline, sentence


class Portal:
    """Answers requests for links.

    Args:
        client: Says to pathways what is acknowledged and sent.
        desk: Opens links.
    """

    def __init__(self, client: KapClient, desk: Desk) -> None:
        self._client, self._desk = client, desk
        self._log = structlog.get_logger(__name__)
        self._pages = Environment(
            loader=PackageLoader("clients.portal"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/t/{token}", self._guarded(self.show)),
                Route("/t/{token}/read", self._guarded(self.acknowledge), methods=["POST"]),
                Route("/t/{token}/say", self._guarded(self.say), methods=["POST"]),
                Route("/u/{token}", self._guarded(self.ask_unsubscribe)),
                Route("/u/{token}", self._guarded(self.unsubscribe), methods=["POST"]),
            ],
            exception_handlers={404: self._nothing, 405: self._nothing},
        )

    async def show(self, request: Request) -> Response:
        """The page of a link."""
        return self._page(request, await self._opened(request))

    async def acknowledge(self, request: Request) -> Response:
        """Acknowledge the version of a message that was on the page."""
        form, opened = await _form(request), await self._opened(request)
        message_id, version = _text(form, "message"), _text(form, "version")
        return await self._said(
            request,
            opened,
            AcknowledgeMessage,
            # Pressed twice, it is the same word.
            key=f"{message_id}/{version}",
            message_id=message_id,
            version=int(version) if version.isascii() and version.isdigit() else 0,
        )

    async def say(self, request: Request) -> Response:
        """Send a message: what was typed, or the text of a file."""
        form, opened = await _form(request), await self._opened(request)
        text = _text(form, "text")
        file = form.get("file")
        if isinstance(file, UploadFile) and file.filename:
            try:
                text = "\n\n".join(filter(None, (text.strip(), (await file.read()).decode("utf-8-sig").strip())))
            except UnicodeDecodeError:
                raise _Turned(400, "Not a text", "Only plain text files (UTF-8) are taken.") from None
        to = [Role.PHYSICIAN, Role.COORDINATOR] if _text(form, "to") == "both" else [Role.PHYSICIAN]
        reply_to = _text(form, "reply_to") or None
        return await self._said(
            request,
            opened,
            PostMessage,
            key=_text(form, "key"),
            to=to,
            scope=_text(form, "scope"),
            text=text,
            must_acknowledge=bool(_text(form, "must_acknowledge")),
            reply_to=reply_to,
        )

    async def ask_unsubscribe(self, request: Request) -> Response:
        """Ask before ending what a patient gets to read: mail programs look at addresses by themselves."""
        self._pathway_of(request)
        return self._rendered("unsubscribe.html", 200)

    async def unsubscribe(self, request: Request) -> Response:
        """End what a patient gets to read; also pressed by mail programs themselves (RFC 8058), and more than once."""
        pathway_id = self._pathway_of(request)
        choice = ChooseEducation(
            command_id=f"unsubscribe-{secrets.token_hex(16)}",
            actor=Actor(id=pathway_id, role=Role.PATIENT),
            wanted=False,
        )
        try:
            await self._client.do(pathway_id, choice)
        except Refused as refusal:
            _require_answer(refusal)
            if refusal.code not in _NOTHING_SENT:
                raise
        return self._told(
            200, "Done", "You will not get anything more to read. All else about your care stays as it is."
        )

    def _pathway_of(self, request: Request) -> str:
        try:
            return open_token(self._client.cipher, UNSUBSCRIBE, request.path_params["token"]).decode()
        except TokenInvalid:
            raise LinkEnded from None

    async def _said(
        self, request: Request, opened: Opened, kind: type[Command], *, key: str, **content: Any
    ) -> Response:
        """Have a command recorded in the name of whom the link is for; what the rules refuse is said on the page."""
        digest = hashlib.sha256(f"{opened.link.link_id}/{kind.verb}/{key}".encode()).hexdigest()
        document = {"command_id": f"link-{digest[:32]}", "actor": opened.actor, **content}
        try:
            command = kind.model_validate(document, strict=False)
        except ValidationError:
            sentence = "Please write something, and no more than 4,000 characters."
            return self._page(request, opened, status=400, problem=sentence, draft=str(content.get("text", "")))
        try:
            await self._client.do(opened.link.pathway_id, command)
        except Refused as refusal:
            _require_answer(refusal)
            draft = str(content.get("text", ""))
            return self._page(request, opened, status=409, problem=refusal.refusal.sentence, draft=draft)
        await self._desk.used(opened.link)
        self._log.info("somebody worked by a link", verb=kind.verb)
        return RedirectResponse(f"/t/{request.path_params['token']}", status_code=303, headers=_HEADERS)

    async def _opened(self, request: Request) -> Opened:
        try:
            return await self._desk.open(request.path_params["token"])
        except Refused as refusal:
            _require_answer(refusal)
            raise LinkEnded from refusal

    def _guarded(self, handler: _Handler) -> _Handler:
        async def handle(request: Request) -> Response:
            try:
                if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in _OWN_PAGE:
                    raise _Turned(403, "Not from here", "Open your link, and send the form from there.")
                return await handler(request)
            except LinkEnded:
                return self._nothing(request, None)
            except _Turned as turned:
                return self._told(turned.status, turned.headline, turned.sentence)

        return handle

    def _nothing(self, request: Request, error: Exception | None) -> Response:
        del request, error
        sentence = "It may have expired or been replaced. Please ask the care team for a new one."
        return self._told(404, "This link opens nothing", sentence)

    def _told(self, status: int, headline: str, sentence: str) -> Response:
        return self._rendered("told.html", status, headline=headline, sentence=sentence)

    def _page(
        self, request: Request, opened: Opened, *, status: int = 200, problem: str | None = None, draft: str = ""
    ) -> Response:
        return self._rendered(
            "thread.html",
            status,
            base=f"/t/{request.path_params['token']}",
            opened=opened,
            me=opened.link.person_id,
            scopes=list(ReleaseScope),
            problem=problem,
            draft=draft,
            key=secrets.token_urlsafe(16),
        )

    def _rendered(self, template: str, status: int, **values: Any) -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; {_CLOSED}"
        content = self._pages.get_template(template).render(nonce=nonce, **values)
        return HTMLResponse(content, status_code=status, headers={**_HEADERS, "Content-Security-Policy": policy})


async def _form(request: Request) -> FormData:
    """The form's fields and file.

    Raises:
        _Turned: The body is too long, or no form.
    """
    try:
        body = await body_of(request, MAX_BODY_BYTES)
    except BodyTooLarge:
        raise _Turned(413, "Too long", "Please send less at once: a text of at most 4,000 characters.") from None

    async def again() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, again).form(max_files=1, max_fields=20)
    except MultiPartException:
        raise _Turned(400, "Not a form", "Open your link, and send the form from there.") from None


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _require_answer(refusal: Refused) -> None:
    """Let through what a rule said.

    Raises:
        _Turned: Nobody answered.
    """
    if exit_for(refusal.code) is Exit.UNREACHABLE:
        raise _Turned(503, "Please try again", "The system does not answer just now. Nothing was lost; try again soon.")
