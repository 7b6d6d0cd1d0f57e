"""What check-ins ask of people."""

from collections.abc import Iterator

from schemas.actors import Role
from schemas.checkins import is_after_no_show
from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.calendar import end_of_local_day
from workflows.rules.owed.obligation import Obligation


def owed(state: Pathway) -> Iterator[Obligation]:
    """The check-in itself; unanswered, also a call, after a missed visit that day, and a clinician's decision."""
    owner = None if state.has_psychotherapy else Role.NURSE
    for one in state.checkins.open:
        missed = is_after_no_show(one.kind)
        kind = WorkKind.FOLLOW_UP_NO_SHOW if missed else WorkKind.HOLD_CHECKIN
        yield Obligation(kind, one.id, due_at=one.due_at, owner=owner)
        if one.call_owed:
            today = end_of_local_day(one.due_at, 0, state.zone) if missed else None
            yield Obligation(WorkKind.CALL_PATIENT, one.id, due_at=today)
        if one.welfare_owed:
            yield Obligation(WorkKind.DECIDE_WELFARE, one.id)
