"""When a dosing approval ends by itself."""

from collections.abc import Iterator
from datetime import datetime

from schemas.facts import ApprovalExpired, Fact
from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from workflows.rules.deadlines.deadline import Deadline


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    approval = state.approval
    if approval is not None and approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED):
        yield approval.valid_until, approval.id


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    if (approval := state.approval) is not None:
        yield ApprovalExpired(approval_id=subject, sessions_unused=approval.sessions - approval.sessions_used)


EXPIRY = Deadline("approval_expires", _instants, _lapsed)
"""The end of the approval's last local day, whatever sessions are left."""
