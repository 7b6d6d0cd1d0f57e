"""What the screening waits for."""

from collections.abc import Iterator

from schemas.pathway import Pathway, Phase
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.screening import uncleared, undecided
from workflows.rules.standing import phase_of


def owed(state: Pathway) -> Iterator[Obligation]:
    """The history and the medication list; then a physician on whatever they bring up, also later on."""
    screening = state.screening
    if phase_of(state) is Phase.SCREENING:
        if state.protocol.eligibility is not None and screening.history is None:
            yield Obligation(WorkKind.RECORD_HEALTH_HISTORY, "screening")
        if state.protocol.medications is not None and screening.medications.recorded_at is None:
            yield Obligation(WorkKind.RECORD_MEDICATIONS, "screening")
    if state.eligible is None and state.care_team is None:
        return
    for condition, absolute in uncleared(state):
        yield Obligation(WorkKind.REVIEW_CONTRAINDICATION if absolute else WorkKind.CLEAR_CONDITION, condition)
    if any(undecided(state)):
        yield Obligation(WorkKind.DECIDE_MEDICATION, f"list-{state.screening.medications.version}")
    if any(one.over for one in screening.washouts):
        yield Obligation(WorkKind.REVIEW_WASHOUT, "medications")
