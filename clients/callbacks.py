"""Where providers report back: one signed endpoint (Standard Webhooks), ``POST /reports``.

A report is answered with 202 once it is kept and, where a message came back, once its pathway knows. Everything may be
sent again. What a patient confirmed while no pathway answers is told later. Run it by ``kap callbacks --port 8090``.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Final

import structlog
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.cipher import Cipher
from activities.database import open_pool
from activities.outreach.reports import Reopened, Reports
from activities.records.people import People
from clients.client import KapClient
from clients.confirming import tell, tell_again
from clients.read_model import keyring_of
from schemas.reports import Outcome, Report, ReportType
from workers.observability import configure_logging, runtime
from workers.serving import LOOPBACK, BodyTooLarge, body_of, serve
from workers.settings import Settings

MAX_BODY_BYTES: Final = 64 * 1024

PATIENCE_SECONDS: Final = 5.0
"""How long a pathway may take to answer; providers do not wait much longer for ours."""

_SIGNAL: Final = "message_bounced"


class NotConfigured(Exception):
    """A setting that the endpoint cannot do without is missing; the message names it."""


def callbacks_app(reports: Reports, client: KapClient, secret: str) -> Starlette:
    """The endpoint as an ASGI application.

    Args:
        reports: Keeps what is reported.
        client: Tells pathways of messages that came back, and of appointments that were confirmed.
        secret: Shared with the provider, ``whsec_…``; what is not signed with it is turned away.

    Raises:
        ValueError: The secret is not one.
    """
    webhook = Webhook(secret)
    log = structlog.get_logger(__name__)

    async def take(request: Request) -> Response:
        try:
            body = await body_of(request, MAX_BODY_BYTES)
            webhook.verify(body, dict(request.headers), json_parse=False)
        except BodyTooLarge:
            return _answer(413, "body_too_large", f"At most {MAX_BODY_BYTES} bytes are taken at once.")
        except (WebhookVerificationError, ValueError):
            return _answer(401, "signature_invalid", "The report is not signed with the secret, or it is old.")
        try:
            report = Report.model_validate_json(body)
        except ValidationError:
            return _answer(400, "malformed_report", "The body is no report that is understood here.")
        try:
            outcome = await _taken(report, reports, client)
        except (ApplicationError, RPCError) as trouble:
            log.warning("a report could not be taken", kind=report.type.value, code=type(trouble).__name__)
            return _answer(503, "try_again", "It could not be kept now. Send it again.")
        log.info("a report was taken", kind=report.type.value, code=outcome.value)
        return JSONResponse({"outcome": outcome.value}, status_code=202)

    return Starlette(routes=[Route("/reports", take, methods=["POST"])])


async def _taken(report: Report, reports: Reports, client: KapClient) -> Outcome:
    if report.type is ReportType.REPLIED:
        if report.sender is None or report.text is None:
            return Outcome.NOT_UNDERSTOOD
        said = await reports.replied(report.sender, report.text, report.reference)
        return said if isinstance(said, Outcome) else await tell(said, reports.confirmations, client)
    if report.reference is None:
        return Outcome.UNKNOWN
    if report.type is ReportType.DELIVERED:
        return await reports.delivered(report.reference)
    came_back = await reports.failed(report.reference)
    if isinstance(came_back, Reopened):
        return await _told(came_back, reports, client.temporal)
    return came_back


async def _told(came_back: Reopened, reports: Reports, temporal: Client) -> Outcome:
    """Tell the pathway. Only a message that it was told of is done with: until then the report has to come again."""
    try:
        await temporal.get_workflow_handle(came_back.pathway_id).signal(_SIGNAL, came_back.request)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        await reports.given_up(came_back.request.id)
        return Outcome.NOTED
    return Outcome.NEXT_CHANNEL


def _answer(status: int, code: str, sentence: str) -> Response:
    return JSONResponse({"code": code, "sentence": sentence}, status_code=status)


async def serve_callbacks(settings: Settings, *, port: int, host: str = LOOPBACK) -> None:
    """Take reports until cancelled or interrupted.

    Raises:
        NotConfigured: No secret or no database is named, or the secret is not one.
        Refused: The Temporal server does not answer, or there is no key file.
    """
    if settings.provider_secret is None:
        raise NotConfigured("No secret is named. Set KAP_PROVIDER_SECRET to what the provider signs with (whsec_…).")
    if settings.database_url is None:
        raise NotConfigured("No database is named. Set KAP_DATABASE_URL, or start the local stack with: kap up")
    keyring = keyring_of(settings)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            await KapClient.connect(settings, timeout=PATIENCE_SECONDS, runtime=runtime(settings))
        )
        pool = await open_pool(settings.database_url)
        stack.callback(pool.terminate)
        reports = Reports(pool, People(pool, Cipher(keyring)))
        try:
            app = callbacks_app(reports, client, settings.provider_secret)
        except (ValueError, RuntimeError):
            raise NotConfigured("KAP_PROVIDER_SECRET is no secret of the form whsec_… in base64.") from None
        telling = asyncio.create_task(tell_again(reports.confirmations, client))
        stack.callback(telling.cancel)
        await serve(app, host=host, port=port)


def run_callbacks(settings: Settings, *, port: int, host: str) -> None:
    """Take reports until Ctrl-C."""
    configure_logging(settings)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_callbacks(settings, port=port, host=host))
