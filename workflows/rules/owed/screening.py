"""What the screening waits for. Subjects tell nothing about the patient: they can be read without a key."""

from collections.abc import Iterator

from schemas.pathway import Pathway, Phase
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.screening.standing import (
    WEIGHT,
    goes_by_weight,
    needed,
    remarkable,
    uncleared,
    undecided,
    used_up,
)
from workflows.rules.standing import phase_of

SUBJECT = "screening"


def owed(state: Pathway) -> Iterator[Obligation]:
    """The history, the medication list, tests and weight; then a physician on whatever they bring up, also later on."""
    screening, protocol = state.screening, state.protocol
    if phase_of(state) is Phase.SCREENING:
        if protocol.eligibility is not None and screening.history is None:
            yield Obligation(WorkKind.RECORD_HEALTH_HISTORY, SUBJECT)
        if protocol.medications is not None and screening.medications.recorded_at is None:
            yield Obligation(WorkKind.RECORD_MEDICATIONS, SUBJECT)
    if state.care_team is None:
        return
    barred = [absolute for _, absolute in uncleared(state)]
    if True in barred:
        yield Obligation(WorkKind.REVIEW_CONTRAINDICATION, SUBJECT)
    if False in barred:
        yield Obligation(WorkKind.CLEAR_CONDITION, SUBJECT)
    if any(undecided(state)):
        yield Obligation(WorkKind.DECIDE_MEDICATION, SUBJECT)
    if any(one.over for one in screening.washouts):
        yield Obligation(WorkKind.REVIEW_WASHOUT, SUBJECT)
    if any(remarkable(state)):
        yield Obligation(WorkKind.REVIEW_LAB, SUBJECT)
    if state.series_continues:
        yield from _measured(state)


def _measured(state: Pathway) -> Iterator[Obligation]:
    """Tests and a weight that the next dose needs."""
    screening, rules = state.screening, state.protocol.eligibility
    for test, rule in needed(state):
        lab = screening.latest(test)
        if lab is None or test.value in screening.lapsed or used_up(state, rule, lab):
            yield Obligation(WorkKind.RECORD_LABS, SUBJECT)
            break
    weighed = rules is not None and screening.history is not None and goes_by_weight(state, rules)
    if weighed and (screening.weight is None or WEIGHT in screening.lapsed):
        yield Obligation(WorkKind.RECORD_WEIGHT, SUBJECT)
