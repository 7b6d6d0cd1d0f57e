"""What preparation asks of people beside the note that a cycle begins with."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.preparation import good_until


def owed(state: Pathway) -> Iterator[Obligation]:
    """To prepare the patient anew where the first session is booked so far ahead that the preparation is too old."""
    session, rules = state.cycle.session, state.protocol.preparation
    if session is None or rules is None or session.doses:
        return
    until = good_until(state)
    if until is not None and session.starts_at > until:
        latest = session.starts_at - timedelta(hours=rules.min_hours_before_first.value)
        yield Obligation(WorkKind.SIGN_PREPARATION_NOTE, f"cycle-{state.cycle.number}", due_at=latest)
