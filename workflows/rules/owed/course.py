"""What the course of a pathway waits for."""

from collections.abc import Iterator

from schemas.pathway import Pathway, Phase
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.standing import is_usable, phase_of

PHASE_WORK: dict[Phase, WorkKind] = {
    Phase.REFERRAL: WorkKind.ACCEPT_REFERRAL,
    Phase.SCREENING: WorkKind.DECIDE_SCREENING,
    Phase.PREPARATION: WorkKind.SIGN_PREPARATION_NOTE,
    Phase.APPROVAL: WorkKind.APPROVE_DOSING,
    Phase.FOLLOW_UP: WorkKind.RECORD_OUTCOME,
}
"""Phases that wait for one piece of work, about the cycle."""


def owed(state: Pathway) -> Iterator[Obligation]:
    """The one thing that the phase waits for, and a booking."""
    phase = phase_of(state)
    cycle = f"cycle-{state.cycle.number}"
    if (kind := PHASE_WORK.get(phase)) is not None:
        yield Obligation(kind, cycle)
    if state.cycle.released is not None:
        yield Obligation(WorkKind.REBOOK_SESSION, state.cycle.released)
        return
    ready = state.cycle.prepared_at is not None or not state.has_psychotherapy
    if state.cycle.session is None and ready and phase in (Phase.SESSION, Phase.APPROVAL):
        asked = (WorkKind.SCHEDULE_SESSION, cycle) in {item.key for item in state.work}
        # An approval that expires meanwhile must not close what the coordinator owes.
        if is_usable(state.approval) or asked:
            yield Obligation(WorkKind.SCHEDULE_SESSION, cycle)


def reviews(state: Pathway) -> Iterator[Obligation]:
    """The decision that a hold waits for."""
    if state.hold is not None:
        yield Obligation(WorkKind.REVIEW_HOLD, state.hold.session_id)


def requests(state: Pathway) -> Iterator[Obligation]:
    """The decision that an operator's request waits for."""
    if state.cancellation_requested_at is not None:
        yield Obligation(WorkKind.REVIEW_CANCELLATION_REQUEST, "workflow")
