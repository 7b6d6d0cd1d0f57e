"""Telling pathways what patients confirmed: at once where they answer, and else again until the appointment is over."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import uuid4

import structlog
from temporalio.exceptions import ApplicationError

from activities.outreach.confirmations import Confirmation, Confirmations
from clients.cli.exit import Exit, exit_for
from clients.client import KapClient
from clients.errors import UNEXPECTED_ANSWER, Refused
from schemas.actors import Actor, Role
from schemas.commands import ConfirmAppointment
from schemas.reports import Outcome

AGAIN_SECONDS: Final = 10.0
"""How long to wait before pathways that did not answer are asked again."""

_CONFIRMED_BEFORE: Final = "already_confirmed"


async def tell(said: Confirmation, confirmations: Confirmations, client: KapClient) -> Outcome:
    """Tell the pathway, and keep what it answers. It may be told again: it counts once.

    Raises:
        ApplicationError: PostgreSQL does not answer; what was said is still kept.
    """
    command = ConfirmAppointment(
        command_id=f"confirm-{uuid4().hex}",
        actor=Actor(id=said.pathway_id, role=Role.PATIENT),
        session_id=said.session_id,
        starts_at=said.starts_at,
    )
    code = None
    try:
        await client.do(said.pathway_id, command)
    except Refused as answer:
        if exit_for(answer.code) is Exit.UNREACHABLE or answer.code == UNEXPECTED_ANSWER:
            return Outcome.KEPT
        code = answer.code if answer.code != _CONFIRMED_BEFORE else None
    await confirmations.settle(said.message_id, code)
    return Outcome.CONFIRMED if code is None else Outcome.NOT_CONFIRMED


async def tell_again(confirmations: Confirmations, client: KapClient, *, every: float = AGAIN_SECONDS) -> None:
    """Tell what waits, again and again, until cancelled. Nothing waits longer than until its appointment."""
    log = structlog.get_logger(__name__)
    while True:
        try:
            for said in await confirmations.waiting():
                outcome = await tell(said, confirmations, client)
                log.info("a confirmation was told again", code=outcome.value)
        except ApplicationError as trouble:
            log.warning("confirmations cannot be told now", code=type(trouble).__name__)
        await asyncio.sleep(every)
