"""From whatever goes wrong on the way to a pathway to the one exception callers have to know."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from typing import Final, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    RPCTimeoutOrCancelledError,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError, CancelledError, FailureError, TemporalError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from clients.errors import (
    ACCESS_DENIED,
    ENDED_BY_FORCE,
    NOT_READY,
    PATHWAY_CLOSED,
    SERVER_ERROR,
    SERVER_UNREACHABLE,
    TIMEOUT,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNEXPECTED_ANSWER,
    WORKERS_UNREACHABLE,
    Refused,
    refused,
)
from schemas.refusals import Refusal

T = TypeVar("T")

CLOSED_SENTENCE: Final = "The pathway is closed; it takes no more commands. See how it ended with: kap status"
"""What a closed pathway answers to every command."""

_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")

_BY_STATUS: Final = {
    RPCStatusCode.UNAVAILABLE: (SERVER_UNREACHABLE, "The Temporal server does not answer. Try again shortly."),
    RPCStatusCode.PERMISSION_DENIED: (ACCESS_DENIED, "The Temporal server denies access to this namespace."),
    RPCStatusCode.UNAUTHENTICATED: (ACCESS_DENIED, "The Temporal server does not know these credentials."),
    RPCStatusCode.RESOURCE_EXHAUSTED: (
        TOO_MANY_REQUESTS,
        "Too many requests are under way at once. Send the same command again in a moment.",
    ),
    RPCStatusCode.FAILED_PRECONDITION: (
        WORKERS_UNREACHABLE,
        "No worker is there to answer. Start one with: kap worker (kap up starts all of them).",
    ),
}


async def bounded(asked: Awaitable[T], seconds: float | None, on_timeout: Refused | None = None) -> T:
    """What ``asked`` answers within ``seconds``.

    ``rpc_timeout`` does not bound a long poll, so time is kept here. The SDK turns the cancellation of an update into
    an error of its own; a real one is restored, so that Ctrl-C stays Ctrl-C.

    Args:
        asked: A call of Temporal's client.
        seconds: How long to wait; None for as long as it takes.
        on_timeout: What to raise when time is up, where the general sentence would not do.

    Raises:
        Refused: Whatever went wrong, as a refusal.
    """
    try:
        return await asyncio.wait_for(asked, seconds)
    except (TimeoutError, RPCTimeoutOrCancelledError) as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise on_timeout or unanswered(seconds) from error
    except (TemporalError, RuntimeError) as error:
        raise translated(error) from error


def unanswered(seconds: float | None) -> Refused:
    """Nobody answered in time."""
    limit = f" within {seconds:g} s" if seconds is not None else ""
    sentence = f"No answer came{limit}. Check that the server and its workers run (kap up, or kap worker)."
    return refused(TIMEOUT, sentence, seconds=seconds)


def translated(error: BaseException) -> Refused:
    """The refusal that stands for an exception of Temporal's client."""
    match error:
        case WorkflowUpdateFailedError() | WorkflowFailureError():
            return _from_failure(error.cause)
        case WorkflowQueryFailedError() | WorkflowQueryRejectedError():
            return refused(SERVER_ERROR, "The pathway could not answer. Its workers' logs say why.")
        case RPCError():
            return _from_status(error)
        case ApplicationError():
            # Raised by our own converter, so it is about the answer, not about what was sent.
            sentence = (
                "The answer cannot be read here. Either the key file lacks its key, or kap and the workers are of "
                "different releases."
            )
            return refused(UNEXPECTED_ANSWER, sentence, cause=error.type)
    return refused(SERVER_ERROR, "The Temporal client failed.", cause=type(error).__name__)


def _from_failure(cause: BaseException) -> Refused:
    """What the workflow said, which is a refusal where the workflow is ours."""
    while isinstance(cause, FailureError) and not isinstance(cause, ApplicationError) and cause.cause is not None:
        cause = cause.cause
    if isinstance(cause, TerminatedError | CancelledError):
        return refused(ENDED_BY_FORCE, "An operator ended the workflow by force, so there is no outcome.")
    if not isinstance(cause, ApplicationError):
        return refused(SERVER_ERROR, "The request failed in the workers. Their logs say why.")
    if cause.type == "AcceptedUpdateCompletedWorkflow":
        return refused(PATHWAY_CLOSED, CLOSED_SENTENCE, "pathway")
    if cause.details:
        try:
            return Refused(Refusal.model_validate(cause.details[0]))
        except ValidationError:
            pass
    if cause.type and _CODE.fullmatch(cause.type):
        return refused(cause.type, cause.message)
    # Not one of ours: its message may quote what was sent.
    return refused(SERVER_ERROR, "The request failed in the workers. Their logs say why.", cause=cause.type)


def _from_status(error: RPCError) -> Refused:
    if error.status is RPCStatusCode.FAILED_PRECONDITION and "poller" not in error.message:
        return refused(NOT_READY, "The pathway has not begun, or ended before it began. Look again in a moment.")
    if error.status in _BY_STATUS:
        return refused(*_BY_STATUS[error.status])
    if error.status is RPCStatusCode.DEADLINE_EXCEEDED:
        return refused(TIMEOUT, "The Temporal server did not answer in time. Try again shortly.")
    if error.status is RPCStatusCode.NOT_FOUND and "namespace" in error.message.lower():
        return refused(SERVER_ERROR, "The server has no such namespace. Create it with: kap ops bootstrap")
    if error.status is RPCStatusCode.INVALID_ARGUMENT and "size" in error.message.lower():
        return refused(TOO_LARGE, "What was sent is larger than the Temporal server takes.")
    return refused(SERVER_ERROR, "The Temporal server failed.", status=error.status.name)


def is_not_ready(error: RPCError) -> bool:
    """Whether a run has only just been started, by continue-as-new for one, and cannot be asked for a moment."""
    return any(detail.type_url.endswith(".WorkflowNotReadyFailure") for detail in error.grpc_status.details)


def is_not_found(error: BaseException | None) -> bool:
    """Whether the server knows no such workflow, or none that is still running."""
    return isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND
