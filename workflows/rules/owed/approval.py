"""What an approval waits for after a physician gave it."""

from collections.abc import Iterator

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.treatment import Approval, ApprovalStatus
from schemas.work import WorkKind
from workflows.rules.dose_plan import readers
from workflows.rules.owed.obligation import Obligation

READING = {Role.THERAPIST: WorkKind.ACKNOWLEDGE_DOSE_PLAN, Role.PATIENT: WorkKind.READ_DOSE_PLAN}


def owed(state: Pathway) -> Iterator[Obligation]:
    """A second prescriber, those who have to read it or confirm what it depends on, or why it was suspended."""
    approval = state.approval
    if approval is None:
        return
    match approval.status:
        case ApprovalStatus.PROPOSED:
            yield Obligation(WorkKind.COUNTERSIGN_DOSING, approval.id)
            yield from _conditions(approval)
        case ApprovalStatus.SUSPENDED:
            yield Obligation(WorkKind.REVIEW_SUSPENDED_APPROVAL, approval.id)
        case ApprovalStatus.IN_FORCE if approval.sessions_used < approval.sessions:
            for role in readers(state):
                if role not in approval.acknowledged:
                    yield Obligation(READING[role], approval.id)
            yield from _conditions(approval)
        case _:
            return


def _conditions(approval: Approval) -> Iterator[Obligation]:
    """Each by its number: its code is a physician's word, and a subject can be read without a key."""
    waiting = approval.unconfirmed()
    for number, code in enumerate(approval.conditions or (), start=1):
        if code in waiting:
            yield Obligation(WorkKind.CONFIRM_CONDITION, f"{approval.id}-condition-{number}")
