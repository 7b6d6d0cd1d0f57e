"""Facts of the dosing approval."""

from typing import Literal

from schemas.base import Id
from schemas.facts.base import Fact
from schemas.treatment import Approval


class DosingApproved(Fact):
    """A physician approved dosing; the approval before it is superseded."""

    type: Literal["dosing_approved"] = "dosing_approved"
    approval: Approval
    supersedes: Id | None


class ApprovalRevoked(Fact):
    """A physician took an approval back."""

    type: Literal["approval_revoked"] = "approval_revoked"
    approval_id: Id


class ApprovalExpired(Fact):
    """An approval reached the end of its last day, with sessions left or not."""

    type: Literal["approval_expired"] = "approval_expired"
    approval_id: Id
    sessions_unused: int
