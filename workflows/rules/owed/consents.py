"""What consents ask of people. Nobody is asked to talk a patient into signing again what was withdrawn."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.pathway import Pathway, Phase
from schemas.work import WorkKind
from workflows.rules.consents.standing import expires_at, has_left, missing_consents, needed, planned
from workflows.rules.owed.obligation import Obligation
from workflows.rules.standing import phase_of

WITHDRAWAL = "withdrawal"


def owed(state: Pathway) -> Iterator[Obligation]:
    """What is missing or ends soon, one by one; a note on the capacity; and what a withdrawal leaves to be asked."""
    if state.consenting.capacity_questioned_at is not None:
        yield Obligation(WorkKind.ASSESS_CAPACITY, "capacity")
    if has_left(state):
        yield from _after_withdrawal(state)
    elif phase_of(state) is Phase.CONSENT:
        for kind in missing_consents(state):
            yield Obligation(WorkKind.RECORD_CONSENT, kind)
    for kind, _ in needed(state, *planned(state)):
        consent = state.consents.get(kind)
        if consent is not None and consent.is_active and consent.renewal_due_at is not None:
            yield Obligation(WorkKind.RENEW_CONSENT, kind, due_at=expires_at(state, consent))


def _after_withdrawal(state: Pathway) -> Iterator[Obligation]:
    """A physician knows at once where drug acts; later the patient is asked what goes on; then somebody decides."""
    withdrawal, session = state.consenting.withdrawal, state.cycle.session
    minutes = state.protocol.consent_rules.acknowledge_withdrawal_min
    unknown = withdrawal is not None and withdrawal.session_id is not None and withdrawal.acknowledged_at is None
    if withdrawal is not None and unknown and minutes is not None:
        until = withdrawal.at + timedelta(minutes=minutes.value)
        yield Obligation(WorkKind.ACKNOWLEDGE_WITHDRAWAL, WITHDRAWAL, due_from=withdrawal.at, acknowledge_by=until)
    if session is not None and session.in_progress:
        return
    if withdrawal is not None and withdrawal.therapy is None:
        yield Obligation(WorkKind.ASK_CONTINUATION, WITHDRAWAL)
    else:
        yield Obligation(WorkKind.DECIDE_AFTER_WITHDRAWAL, WITHDRAWAL)
