"""What the care team asks of people: an empty place filled, credentials verified or renewed, a change decided on.

Subjects name a role, never a person.
"""

from collections.abc import Iterator

from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.credentials import lacking, on_duty, therapist, warned_of
from workflows.rules.owed.obligation import Obligation
from workflows.rules.team import is_awaited


def owed(state: Pathway) -> Iterator[Obligation]:
    """Nothing once the series is over."""
    if state.care_team is None or not state.series_continues:
        return
    if state.has_psychotherapy and therapist(state) is None:
        yield Obligation(WorkKind.ASSIGN_THERAPIST, "care-team")
        if state.staffing.candidates_exhausted:
            yield Obligation(WorkKind.ASSIGN_THERAPIST, "no-candidate-left")
    lacks = {who.role for who, where in on_duty(state) if lacking(state, who, where)}
    for role in sorted(lacks):
        yield Obligation(WorkKind.VERIFY_CREDENTIALS, role.value)
    for role in sorted({who.role for who in warned_of(state)}):
        yield Obligation(WorkKind.RENEW_CREDENTIALS, role.value)
    if is_awaited(state):
        yield Obligation(WorkKind.CONTINUE_SERIES, "care-team")
