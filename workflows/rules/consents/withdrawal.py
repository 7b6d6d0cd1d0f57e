"""Rules of leaving: a consent is withdrawn at any time, drug that was given is watched until it is safe to go.

Nothing else is revoked with it. What goes on - therapy, messages, what may be told to whom - is asked one by one.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schemas.commands import AcknowledgeWithdrawal, RecordContinuation, WithdrawConsent
from schemas.consents import ConsentUse, Withdrawal
from schemas.facts import (
    ConsentWithdrawn,
    ContinuationRecorded,
    Fact,
    PreparationVoided,
    SessionCancelled,
    WithdrawalAcknowledged,
)
from schemas.pathway import Pathway
from workflows.rules.checkins import safety_only
from workflows.rules.consents.signing import changed
from workflows.rules.refusing import Refused, require
from workflows.rules.session import next_cycle


def withdraw_consent(state: Pathway, command: WithdrawConsent, at: datetime) -> list[Fact]:
    """At any time. During a session it stops further drug, and the observation goes on until the patient may leave."""
    del at
    held, session = state.consents.get(command.kind), state.cycle.session
    require(held is not None and held.is_active, "consent_not_active", "No such consent is active.", "kind")
    acting = session is not None and session.in_progress
    withdrawn = ConsentWithdrawn(kind=command.kind, session_id=session.id if session is not None and acting else None)
    return [withdrawn, *(_called_off(state) if _is_treatment(state, command.kind) else ())]


def _is_treatment(state: Pathway, kind: str) -> bool:
    rule = state.protocol.consent_rules.kinds.get(kind)
    return rule is not None and rule.covers is ConsentUse.TREATMENT


def _called_off(state: Pathway) -> Iterator[Fact]:
    """What was planned for a dose that is not given now."""
    session, ahead = state.cycle.session, state.cycle.ahead
    if ahead is not None:
        yield SessionCancelled(session_id=ahead.id)
    if session is not None and session.doses:
        return
    if session is not None:
        yield SessionCancelled(session_id=session.id)
    if state.cycle.prepared_at is not None:
        yield PreparationVoided(cycle=state.cycle.number)


def acknowledge_withdrawal(state: Pathway, command: AcknowledgeWithdrawal, at: datetime) -> list[Fact]:
    """Once, of one that came while drug acted."""
    del command, at
    withdrawal = _withdrawal(state)
    open_ = withdrawal.session_id is not None and withdrawal.acknowledged_at is None
    require(open_, "already_acknowledged", "No withdrawal waits for a physician to take note of it.")
    return [WithdrawalAcknowledged()]


def _withdrawal(state: Pathway) -> Withdrawal:
    if state.consenting.withdrawal is None:
        raise Refused("nothing_withdrawn", "The patient has not withdrawn from the treatment.")
    return state.consenting.withdrawal


def record_continuation(state: Pathway, command: RecordContinuation, at: datetime) -> list[Fact]:
    """Once no drug acts any more; every kind that the protocol asks about has its answer."""
    del at
    withdrawal, session = _withdrawal(state), state.cycle.session
    require(
        session is None or not session.in_progress,
        "session_in_progress",
        "While drug acts only monitoring goes on; what comes after is asked after the discharge.",
    )
    require(withdrawal.therapy is None, "continuation_known", "The patient was asked what goes on.")
    kinds = state.protocol.consent_rules.kinds
    asked = [kind for kind, rule in kinds.items() if rule.asked_after_withdrawal]
    require(
        set(command.goes_on) == set(asked),
        "continuation_incomplete",
        "Each of these is asked for by itself, and nothing else is.",
        "goes_on",
        asked=", ".join(asked),
    )
    said: list[Fact] = [ContinuationRecorded(therapy=command.therapy, goes_on=command.goes_on)]
    for kind in asked:
        held = state.consents.get(kind)
        if not command.goes_on[kind] and held is not None and held.is_active:
            said.append(ConsentWithdrawn(kind=kind))
    return said


def consent_withdrawn(state: Pathway, fact: ConsentWithdrawn, at: datetime) -> dict[str, Any]:
    """The consent is kept, with the instant it ended; of the treatment's check-ins those for safety remain."""
    changes = changed(state, fact.kind, withdrawn_at=at)
    if _is_treatment(state, fact.kind):
        withdrawal = state.consenting.withdrawal or Withdrawal(kind=fact.kind, at=at, session_id=fact.session_id)
        changes["consenting"] = state.consenting.model_copy(update={"withdrawal": withdrawal})
        changes["checkins"] = safety_only(state)
    return changes


def preparation_voided(state: Pathway, fact: PreparationVoided, at: datetime) -> dict[str, Any]:
    """The cycle is to be prepared anew."""
    del fact, at
    return {"cycle": state.cycle.model_copy(update={"prepared_at": None, "preparation": ()})}


def withdrawal_acknowledged(state: Pathway, fact: WithdrawalAcknowledged, at: datetime) -> dict[str, Any]:
    """A physician knows."""
    del fact
    return _with_withdrawal(state, acknowledged_at=at)


def continuation_recorded(state: Pathway, fact: ContinuationRecorded, at: datetime) -> dict[str, Any]:
    """Without therapy the cycle ends without its integration visit."""
    del at
    declined = tuple(kind for kind, goes_on in fact.goes_on.items() if not goes_on)
    changes = _with_withdrawal(state, therapy=fact.therapy)
    changes["consenting"] = changes["consenting"].model_copy(update={"declined": declined})
    session = state.cycle.session
    if not fact.therapy and session is not None and session.doses:
        changes |= next_cycle(state)
    return changes


def _with_withdrawal(state: Pathway, **changes: Any) -> dict[str, Any]:
    withdrawal = state.consenting.withdrawal
    if withdrawal is None:
        return {"consenting": state.consenting}
    after = withdrawal.model_copy(update=changes)
    return {"consenting": state.consenting.model_copy(update={"withdrawal": after})}
