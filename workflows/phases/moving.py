"""The move to another version of the protocol."""

from datetime import UTC, datetime

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.commands import MoveProtocol
from schemas.facts import ProtocolMoved
from schemas.moving import Candidate, MovePreview
from schemas.records import ActivityName
from schemas.refusals import Refusal
from workflows.conductor import Conductor, refusal_error
from workflows.housekeeping import QUICK_WRITE
from workflows.rules.move_preview import preview
from workflows.verbs import verb


async def _admitted(pathway: Conductor, command: MoveProtocol) -> None:
    """An unsigned version needs the worker's permission, as at the referral; a signed one costs nothing.

    Contents wait for the journal one at a time: with several, what is carried over would outgrow what the engine takes.
    """
    if any(isinstance(event.fact, ProtocolMoved) for event in pathway.unwritten):
        sentence = "An earlier move is not in the journal yet. Try again when PostgreSQL is back."
        raise refusal_error(Refusal(code="move_unwritten", sentence=sentence))
    if command.protocol.signature is None:
        await workflow.execute_local_activity(
            ActivityName.ADMIT_PROTOCOL,
            Candidate(name=command.protocol.name, signed=False),
            schedule_to_close_timeout=QUICK_WRITE,
            retry_policy=RetryPolicy(maximum_attempts=3),
        )


class Moving(Conductor):
    """A physician has the pathway go on under another version, and knows beforehand what that changes."""

    move_protocol = verb(MoveProtocol, _admitted)

    @workflow.query(description="What a move to another version of the protocol would change; nothing is recorded.")
    def preview_move(self, command: MoveProtocol) -> MovePreview:
        """The dry run of a move now; see the note about the wall clock at ``status``."""
        engine_now = max(workflow.now(), datetime.now(UTC))  # noqa: TID251
        return preview(self.state, command, self.clock.now(engine_now))
