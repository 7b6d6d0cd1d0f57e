"""Facts of the dosing approval."""

from typing import Literal

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Line, Text
from schemas.facts.base import Fact
from schemas.treatment import Approval


class DosingApproved(Fact):
    """A physician approved dosing; the approval before it is superseded."""

    type: Literal["dosing_approved"] = "dosing_approved"
    approval: Approval
    supersedes: Id | None
    changes: tuple[Id, ...] | None = Field(default=None, description="What differs from the approval before.")
    pdmp_checked: bool | None = None
    conditions: dict[Id, Line] | None = Field(default=None, description="In words, by code.")


class DosingCountersigned(Fact):
    """A second prescriber agreed; the approval is in force."""

    type: Literal["dosing_countersigned"] = "dosing_countersigned"
    approval_id: Id
    countersigned_by: Id


class ApprovalSuspended(Fact):
    """Something that the approval is bound to has changed. It never resumes; a physician approves anew."""

    type: Literal["approval_suspended"] = "approval_suspended"
    approval_id: Id
    reasons: tuple[Id, ...]
    since: Instant | None = Field(default=None, description="When the reason arose; no later dose is covered.")


class ConditionConfirmed(Fact):
    """A clinician found a condition of an approval met."""

    type: Literal["condition_confirmed"] = "condition_confirmed"
    approval_id: Id
    condition: Id


class DosePlanAcknowledged(Fact):
    """Somebody read this version of the dose plan."""

    type: Literal["dose_plan_acknowledged"] = "dose_plan_acknowledged"
    approval_id: Id
    role: Role


class FollowUpRecorded(Fact):
    """A physician saw the patient again."""

    type: Literal["follow_up_recorded"] = "follow_up_recorded"
    summary: Text


class ApprovalRevoked(Fact):
    """A physician took an approval back."""

    type: Literal["approval_revoked"] = "approval_revoked"
    approval_id: Id


class ApprovalExpired(Fact):
    """An approval reached the end of its last day, with sessions left or not."""

    type: Literal["approval_expired"] = "approval_expired"
    approval_id: Id
    sessions_unused: int
