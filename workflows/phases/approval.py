"""Dosing approval: the physician's alone."""

from schemas.commands import (
    AcknowledgeDosePlan,
    ApproveDosing,
    ConfirmCondition,
    CountersignDosing,
    CountSupply,
    RecordFollowUp,
    ReleaseSupply,
    ReviewSupply,
    RevokeApproval,
)
from workflows.conductor import Conductor
from workflows.rules.standing import is_usable
from workflows.verbs import verb


class ApprovalPhase(Conductor):
    """A physician approves route, limit, number of sessions and days; silence approves nothing."""

    approve_dosing = verb(ApproveDosing)
    countersign_dosing = verb(CountersignDosing)
    confirm_condition = verb(ConfirmCondition)
    acknowledge_dose_plan = verb(AcknowledgeDosePlan)
    record_follow_up = verb(RecordFollowUp)
    revoke_approval = verb(RevokeApproval)
    release_supply = verb(ReleaseSupply)
    count_supply = verb(CountSupply)
    review_supply = verb(ReviewSupply)

    async def dosing_approved(self) -> None:
        """Wait for an approval with a session left, or for a session that drug was given in under one."""
        await self.until(
            lambda state: (
                is_usable(state.approval) or (state.cycle.session is not None and bool(state.cycle.session.doses))
            )
        )
