"""The typed client: everything that people and programs may ask of a pathway, with one kind of error."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeVar

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from activities.admission import pathway_id_of
from activities.keyring import PERSON_INDEX, Keyring
from clients.errors import (
    PATHWAY_CLOSED,
    REFERRAL_ID_REUSED,
    SERVER_UNREACHABLE,
    TIMEOUT,
    UNKNOWN_PATHWAY,
    Refused,
    refused,
)
from clients.read_model import DEFAULT_TIMEOUT, ReadModel, is_id, keyring_of
from clients.translating import CLOSED_SENTENCE, bounded, is_not_found, is_not_ready
from schemas.answers import Receipt, Status
from schemas.base import Model
from schemas.clock import ForwardClock, Forwarded
from schemas.commands import Command, MoveProtocol
from schemas.moving import MovePreview
from schemas.pathway import Closure
from schemas.public import Phrase
from schemas.records import TaskQueue
from schemas.referral import Acknowledgement, IntakeReceipt, Referral
from schemas.rounds import ROUND_PREFIX
from workers.plugin import ServerUnreachable, connect
from workers.settings import Settings

T = TypeVar("T")

READY_SECONDS: Final = 0.1
"""How long to wait before a run that is not ready is asked again; the time of the whole question is bounded."""

INTAKE_PREFIX: Final = "intake-"


class KapClient(ReadModel):
    """Starts and drives pathways by Temporal, and reads worklists and journals from PostgreSQL.

    Use it as an asynchronous context manager, or :meth:`close` it. Every method raises
    :class:`~clients.errors.Refused` and nothing else for whatever may go wrong.
    """

    def __init__(
        self, client: Client, keyring: Keyring, *, database_url: str | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        super().__init__(database_url, keyring, timeout=timeout)
        self.temporal = client
        """The connection to Temporal, for what this class does not offer."""
        self._keyring = keyring
        self._timeout = timeout

    @classmethod
    async def connect(
        cls,
        settings: Settings,
        *,
        timeout: float = DEFAULT_TIMEOUT,  # noqa: ASYNC109 - kept by hand: see bounded()
        runtime: Runtime | None = None,
    ) -> Self:
        """The client for the server, keys and database that the settings lead to.

        Args:
            settings: See :class:`workers.settings.Settings`.
            timeout: Seconds that each later question may take.
            runtime: Of Temporal's SDK; the default one writes its warnings to standard output.

        Raises:
            Refused: The server does not answer, or the key file is missing or unusable.
        """
        keyring = keyring_of(settings)
        try:
            client = await connect(settings, runtime=runtime)
        except ServerUnreachable as error:
            raise refused(SERVER_UNREACHABLE, str(error)) from error
        except (RuntimeError, ValueError, OSError) as error:
            raise refused(
                SERVER_UNREACHABLE,
                "Temporal's address or credentials cannot be used; see temporal.toml and TEMPORAL_*.",
            ) from error
        return cls(client, keyring, database_url=settings.database_url, timeout=timeout)

    async def __aenter__(self) -> Self:
        """Nothing happens on entering; the connections are made when they are needed."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.close()

    async def refer(self, referral: Referral) -> IntakeReceipt:
        """Open a pathway for a referral, or learn that the person has one. The same referral may be sent again.

        Raises:
            Refused: The referral cannot be admitted; a corrected one may be sent under the same number. Or its number
                is that of another person's referral, who must not be taken for this one.
        """
        receipt = await self._referred(referral)
        if receipt.pathway_id != pathway_id_of(self._keyring, referral.patient):
            sentence = "This number was used for another referral. Send this one under a number of its own."
            raise refused(REFERRAL_ID_REUSED, sentence, "referral_id")
        return receipt

    async def _referred(self, referral: Referral) -> IntakeReceipt:
        start: WithStartWorkflowOperation[object, IntakeReceipt] = WithStartWorkflowOperation(
            "ReferralIntake",
            referral,
            id=intake_id(self._keyring, referral),
            task_queue=TaskQueue.PATHWAYS,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            result_type=IntakeReceipt,
            static_summary=Phrase.REFERRAL_INTAKE.text(),
        )
        asked = self.temporal.execute_update_with_start_workflow(
            "answer", start_workflow_operation=start, result_type=IntakeReceipt
        )
        try:
            receipt: IntakeReceipt = await bounded(asked, self._timeout, _referral_unanswered(self._timeout))
        except Refused as problem:
            # The intake has ended, just now or long ago: how it ended is the answer.
            ended = problem.code == PATHWAY_CLOSED or isinstance(problem.__cause__, WorkflowAlreadyStartedError)
            if not ended:
                raise
            return await self._intake_result(referral)
        return receipt

    async def acknowledge(self, referral: Referral) -> Acknowledgement:
        """As :meth:`refer`, with the answer that may leave the care team: it does not say whether the person is known.

        Raises:
            Refused: The referral cannot be admitted.
        """
        await self.refer(referral)
        return Acknowledgement(referral_id=referral.referral_id)

    async def do(self, pathway_id: str, command: Command) -> Receipt:
        """Have a command recorded. It may be sent again with the same ``command_id``; the first answer stands.

        Raises:
            Refused: The rules do not allow it, the pathway is unknown or closed, or nobody answered.
        """
        handle = self._handle(pathway_id)
        try:
            receipt: Receipt = await bounded(
                obeyed(handle, command), self._timeout, _command_unanswered(self._timeout, command)
            )
        except Refused as problem:
            if not is_not_found(problem.__cause__):
                raise
            raise await self._absence(handle) from problem
        return receipt

    async def status(self, pathway_id: str) -> Status:
        """Where a pathway stands; also of a closed one, for as long as Temporal keeps it.

        Raises:
            Refused: There is no such pathway, or nobody answered.
        """
        return await self._queried(pathway_id, "status", Status)

    async def preview_move(self, pathway_id: str, command: MoveProtocol) -> MovePreview:
        """What a move to another version of the protocol would change for the patient; nothing is recorded.

        Raises:
            Refused: The move itself would be refused, there is no such pathway, or nobody answered.
        """
        preview = await self._queried(pathway_id, "preview_move", MovePreview, command)
        if preview.refusal is not None:
            raise Refused(preview.refusal)
        return preview

    async def forward(self, pathway_id: str, span: timedelta) -> datetime:
        """Set the simulated clock of a pathway forward by ``span``; returns what it shows then.

        Raises:
            Refused: The clock is the real one, there is no such pathway, or nobody answered.
        """
        handle = self._handle(pathway_id)
        now = (await self.status(pathway_id)).now
        command = ForwardClock(to=now + span)
        while now < command.to:
            asked = handle.execute_update("forward_clock", command, result_type=Forwarded)
            try:
                now = (await bounded(asked, self._timeout)).now
            except Refused as problem:
                if not is_not_found(problem.__cause__):
                    raise
                raise await self._absence(handle) from problem
        return now

    async def result(self, pathway_id: str, *, timeout: float | None = None) -> Closure:  # noqa: ASYNC109
        """How a pathway ended; waits for its end, for ``timeout`` seconds or as long as it takes.

        Raises:
            Refused: There is no such pathway, time is up, or an operator ended its workflow by force.
        """
        handle = self._handle(pathway_id)
        try:
            closure: Closure = await bounded(handle.result(), timeout)
        except Refused as problem:
            if not is_not_found(problem.__cause__):
                raise
            raise unknown_pathway() from problem
        return closure

    async def _queried(self, pathway_id: str, query: str, kind: type[T], *arguments: Model) -> T:
        handle = self._handle(pathway_id)
        try:
            return await bounded(_answer_of(handle, query, kind, arguments), self._timeout)
        except Refused as problem:
            if not is_not_found(problem.__cause__):
                raise
            raise unknown_pathway() from problem

    def _handle(self, pathway_id: str) -> WorkflowHandle[object, Closure]:
        """The pathway's workflow; intakes and rounds are other kinds of workflow and take no commands."""
        if not is_id(pathway_id) or pathway_id.startswith((INTAKE_PREFIX, ROUND_PREFIX)):
            raise unknown_pathway()
        return self.temporal.get_workflow_handle(pathway_id, result_type=Closure)

    async def _absence(self, handle: WorkflowHandle[object, Closure]) -> Refused:
        """Why the server has no running workflow of that id."""
        try:
            described = await bounded(handle.describe(), self._timeout)
        except Refused as problem:
            return unknown_pathway() if is_not_found(problem.__cause__) else problem
        if described.status is WorkflowExecutionStatus.RUNNING:
            # A new episode of care was opened this very moment.
            return refused(SERVER_UNREACHABLE, "The pathway was busy. Send the same command again.")
        return refused(PATHWAY_CLOSED, CLOSED_SENTENCE, "pathway")

    async def _intake_result(self, referral: Referral) -> IntakeReceipt:
        handle = self.temporal.get_workflow_handle(intake_id(self._keyring, referral), result_type=IntakeReceipt)
        receipt: IntakeReceipt = await bounded(handle.result(), self._timeout, _referral_unanswered(self._timeout))
        return receipt


async def _answer_of(
    handle: WorkflowHandle[object, Closure], query: str, kind: type[T], arguments: Sequence[Model]
) -> T:
    """The answer to a query. A run that was started this instant is asked again until it is ready."""
    while True:
        try:
            answer: T = await handle.query(query, args=arguments, result_type=kind)
            return answer
        except RPCError as error:
            if not is_not_ready(error):
                raise
        await asyncio.sleep(READY_SECONDS)


async def obeyed(handle: WorkflowHandle[object, Closure], command: Command) -> Receipt:
    """The answer to a command. One whose workflow task was lost on the way is sent again: it counts once."""
    while True:
        try:
            receipt: Receipt = await handle.execute_update(command.verb, command, result_type=Receipt)
            return receipt
        except RPCError as error:
            if not is_not_ready(error):
                raise
        await asyncio.sleep(READY_SECONDS)


def intake_id(keyring: Keyring, referral: Referral) -> str:
    """Workflow id of a referral's intake: the same for the same number of the same sender, and telling nothing."""
    # No id contains a vertical bar, so the two cannot run into each other.
    content = f"{referral.sender}|{referral.referral_id}".encode()
    digest = hmac.new(keyring.derive(PERSON_INDEX), content, hashlib.sha256).digest()
    return INTAKE_PREFIX + base64.b32encode(digest).decode().lower()[:26]


def unknown_pathway() -> Refused:
    """There is no such pathway."""
    return refused(UNKNOWN_PATHWAY, "There is no pathway of this id. List the pathways with: kap list", "pathway")


def _command_unanswered(seconds: float, command: Command) -> Refused:
    sentence = (
        f"No answer came within {seconds:g} s, so it is not known whether this was recorded. Send it again with the "
        f"same command id ({command.command_id}): it counts once. Check that workers run (kap up, or kap worker)."
    )
    return refused(TIMEOUT, sentence, seconds=seconds, command_id=command.command_id)


def _referral_unanswered(seconds: float) -> Refused:
    sentence = (
        f"No answer came within {seconds:g} s. The referral may be kept and opened later; send it again to learn what "
        "became of it, it counts once. Check that workers run (kap up, or kap worker)."
    )
    return refused(TIMEOUT, sentence, seconds=seconds)
