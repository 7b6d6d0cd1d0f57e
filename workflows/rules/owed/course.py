"""What the course of a pathway waits for."""

from collections.abc import Iterator

from schemas.pathway import Pathway, Phase
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.standing import is_covered, is_usable, phase_of

PHASE_WORK: dict[Phase, WorkKind] = {
    Phase.REFERRAL: WorkKind.ACCEPT_REFERRAL,
    Phase.SCREENING: WorkKind.DECIDE_SCREENING,
    Phase.PREPARATION: WorkKind.SIGN_PREPARATION_NOTE,
    Phase.APPROVAL: WorkKind.APPROVE_DOSING,
    Phase.FOLLOW_UP: WorkKind.RECORD_OUTCOME,
}
"""Phases that wait for one piece of work, about the cycle."""


def owed(state: Pathway) -> Iterator[Obligation]:
    """The one thing that the phase waits for, a booking, and an approval that lasts until then."""
    phase = phase_of(state)
    cycle = f"cycle-{state.cycle.number}"
    again = _is_asked_again(state)
    if again and state.approval is not None:
        yield Obligation(WorkKind.APPROVE_DOSING, f"after-{state.approval.id}")
    if (kind := PHASE_WORK.get(phase)) is not None and not (again and kind is WorkKind.APPROVE_DOSING):
        yield Obligation(kind, cycle)
    session = state.cycle.session
    if (off := session.id if session is not None and session.blocked_for else state.cycle.released) is not None:
        yield Obligation(WorkKind.REBOOK_SESSION, off)
        return
    ready = state.cycle.prepared_at is not None or not state.has_psychotherapy
    if session is None and ready and phase in (Phase.SESSION, Phase.APPROVAL):
        asked = (WorkKind.SCHEDULE_SESSION, cycle) in {item.key for item in state.work}
        # An approval that expires meanwhile must not close what the coordinator owes.
        if is_usable(state.approval) or asked:
            yield Obligation(WorkKind.SCHEDULE_SESSION, cycle)


def _is_asked_again(state: Pathway) -> bool:
    """Whether the next approval is asked for while this one lasts, because a session is booked beyond its end.

    The request stays, whatever becomes of the booking and of the approval, until a physician approves anew.
    """
    approval, session = state.approval, state.cycle.session
    if approval is None or state.protocol.day_of is None or not state.series_continues:
        return False
    if session is not None and session.doses:
        return False
    asked = (WorkKind.APPROVE_DOSING, f"after-{approval.id}") in {item.key for item in state.work}
    if session is None:
        return asked
    return not is_covered(state, session) and (asked or is_usable(approval))


def reviews(state: Pathway) -> Iterator[Obligation]:
    """The decision that a hold waits for, and the therapist's taking note of it, which decides nothing."""
    if state.hold is not None:
        yield Obligation(WorkKind.REVIEW_HOLD, state.hold.session_id)
    if state.hold_unread is not None:
        yield Obligation(WorkKind.ACKNOWLEDGE_HOLD, state.hold_unread)


def requests(state: Pathway) -> Iterator[Obligation]:
    """The decision that an operator's request waits for."""
    if state.cancellation_requested_at is not None:
        yield Obligation(WorkKind.REVIEW_CANCELLATION_REQUEST, "workflow")
