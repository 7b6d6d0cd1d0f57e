"""What the pace of a series asks of people. It goes by the session that is booked: nobody is asked about none."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.pace import is_late_and_close, review_at, wants_confirmation


def owed(state: Pathway) -> Iterator[Obligation]:
    """The therapist's word on the pace, and the physician's on whether it goes on."""
    session, approval = state.cycle.session, state.approval
    if session is None or session.doses:
        return
    at = session.starts_at
    stands = approval is not None and approval.status is ApprovalStatus.IN_FORCE
    if approval is not None and stands and wants_confirmation(state, at):
        yield Obligation(WorkKind.CONFIRM_PACE, approval.id)
    if is_late_and_close(state, at) and review_at(state, at) is None:
        yield Obligation(WorkKind.REVIEW_SPACING, session.id)
