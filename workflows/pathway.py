"""``CarePathway``: one episode of care of one person. The workflow id is the person's opaque id."""

from contextlib import suppress
from datetime import UTC, datetime

from temporalio import workflow
from temporalio.common import RetryPolicy

from schemas.answers import Status
from schemas.pathway import Closure
from schemas.records import ActivityName
from schemas.rounds import Accounts
from schemas.start import PathwayStart
from workflows.conductor import CareEnded
from workflows.housekeeping import QUICK_WRITE, Housekeeping
from workflows.phases.approval import ApprovalPhase
from workflows.phases.ends import EndPhase
from workflows.phases.enrolment import EnrolmentPhase
from workflows.phases.integration import IntegrationPhase
from workflows.phases.measures import Measuring
from workflows.phases.moving import Moving
from workflows.phases.pace import Pacing
from workflows.phases.preparation import PreparationPhase
from workflows.phases.regulation import Regulation
from workflows.phases.safety import SafetyWatch
from workflows.phases.session import SessionPhase
from workflows.phases.simulation import Simulation
from workflows.phases.team import Teamwork
from workflows.rules.status import accounts_of, status_of


@workflow.defn
class CarePathway(
    EnrolmentPhase,
    PreparationPhase,
    ApprovalPhase,
    SessionPhase,
    IntegrationPhase,
    Measuring,
    Moving,
    Pacing,
    Teamwork,
    Regulation,
    SafetyWatch,
    EndPhase,
    Simulation,
    Housekeeping,
):
    """Conducts the care of one patient. It never doses, never clears, and never turns silence into approval."""

    @workflow.init
    def __init__(self, start: PathwayStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: PathwayStart) -> Closure | None:
        """The clinical protocol. It may be entered again at any point and arrives where the state is."""
        await self._clock_admitted(start)
        async with self.housekeeping():
            with suppress(CareEnded):
                await self.enrolled()
                while True:
                    while self.state.series_continues:
                        await self.prepared()
                        await self.dosing_approved()
                        await self.session_held()
                        await self.integrated()
                    await self.followed_up()
            await self.safety_contact_kept()
        return self.state.closure

    @workflow.query(description="Where the pathway stands, who owes what, and why the next dose is or is not allowed.")
    def status(self) -> Status:
        """Where the pathway stands now.

        A query changes nothing and is never replayed, so it alone may look at the wall clock: the workflow's own time
        stands still between workflow tasks, and vital signs and approvals would seem to stay fresh for days.
        """
        engine_now = max(workflow.now(), datetime.now(UTC))  # noqa: TID251
        may_go = len(self.released())
        status = status_of(self.state, self.clock.now(engine_now), len(self.unwritten), may_go)
        return status.model_copy(update={"withheld_messages": len(self.unsent) - may_go})

    @workflow.query(description="What the pathway's records are compared with.")
    def accounts(self) -> Accounts:
        """Version, open work and what ends by itself: for the inventory."""
        return accounts_of(self.state, len(self.unwritten), self.written_hash)

    async def _clock_admitted(self, start: PathwayStart) -> None:
        """A simulated clock needs the worker's permission; the real one costs nothing."""
        if start.enrolment is not None and not self.clock.is_real:
            await workflow.execute_local_activity(
                ActivityName.ADMIT_CLOCK,
                self.clock,
                schedule_to_close_timeout=QUICK_WRITE,
                retry_policy=RetryPolicy(maximum_attempts=3),
            )
