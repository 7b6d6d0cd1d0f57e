"""What check-ins ask of people."""

from collections.abc import Iterator

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation


def owed(state: Pathway) -> Iterator[Obligation]:
    """The check-in itself; unanswered, also a human's call and a clinician's decision."""
    owner = None if state.has_psychotherapy else Role.NURSE
    for one in state.checkins.open:
        yield Obligation(WorkKind.HOLD_CHECKIN, one.id, due_at=one.due_at, owner=owner)
        if one.call_owed:
            yield Obligation(WorkKind.CALL_PATIENT, one.id)
        if one.welfare_owed:
            yield Obligation(WorkKind.DECIDE_WELFARE, one.id)
