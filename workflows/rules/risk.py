"""Rules of suicide risk: what raises it, and who clears it. No one clinician clears it alone, and time never does."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.actors import Role
from schemas.commands import ClearRisk, RecordRiskContact
from schemas.facts import Fact, RiskCleared, RiskContactRecorded, RiskUnassessed
from schemas.measures import Clearing, Risk, RiskCode, RiskLevel, RiskSignal, Score, Span
from schemas.pathway import Pathway
from schemas.treatment import Approval
from workflows.rules.instruments.scale import safety_item_positive
from workflows.rules.refusing import require

ASKS_FOR_SCREENER = (RiskCode.ITEM9_POSITIVE, RiskCode.CSSRS_UNFINISHED, RiskCode.UNASSESSED)
"""Signals that need a finished screener before anybody can judge them."""

CONTACT = {
    RiskCode.UNASSESSED: RiskLevel.HIGH,
    RiskCode.CSSRS_HIGH: RiskLevel.HIGH,
    RiskCode.CSSRS_MODERATE: RiskLevel.MODERATE,
}
"""Signals for which somebody has to speak with the patient, and how high they count."""


def clear_risk(state: Pathway, command: ClearRisk, at: datetime) -> list[Fact]:
    """Physician and therapist, each once and about every signal, after a finished screener where a signal asks for one.

    Where no psychotherapy belongs to the treatment, a nurse or a therapist is the second clinician.
    """
    del at
    risk, role = state.risk, command.actor.role
    require(risk.blocked, "no_risk_to_clear", "No sign of suicide risk waits to be cleared.")
    may = {Role.PHYSICIAN, *_second(state)}
    require(role in may, "role_cannot_clear", "This role does not clear a risk in this treatment.", "actor.role")
    require(
        not unassessed(risk),
        "risk_not_assessed",
        "A finished C-SSRS that is newer than the signal is needed first.",
        since=max((signal.since for signal in unassessed(risk)), default=state.opened_at).isoformat(),
    )
    require(role in still_to_clear(state), "risk_cleared_before", "This part of the clearing is done.", "actor.role")
    alone = any(clearing.actor_id == command.actor.id for clearing in risk.clearings)
    require(not alone, "second_person_needed", "Another person has to clear it, too.", "actor.id")
    return [RiskCleared(role=role, actor_id=command.actor.id, complete=bool(risk.clearings))]


def record_risk_contact(state: Pathway, command: RecordRiskContact, at: datetime) -> list[Fact]:
    """While a moderate or high risk is not cleared."""
    del at
    levels = [signal for signal in state.risk.signals if signal.code in CONTACT]
    require(levels, "no_risk_to_contact", "No moderate or high risk waits for a contact.")
    return [RiskContactRecorded(reached=command.reached)]


def unassessed(risk: Risk) -> list[RiskSignal]:
    """Signals that wait for a finished screener."""
    return [
        signal
        for signal in risk.signals
        if signal.code in ASKS_FOR_SCREENER and (risk.assessed_at is None or risk.assessed_at < signal.since)
    ]


def still_to_clear(state: Pathway) -> tuple[Role, ...]:
    """Roles of which somebody has to clear the risk; none while nothing is to be cleared."""
    if not state.risk.blocked:
        return ()
    done = {clearing.role for clearing in state.risk.clearings}
    physician = () if Role.PHYSICIAN in done else (Role.PHYSICIAN,)
    second = () if done & {*_second(state)} else _second(state)
    return (*physician, *second)


def _second(state: Pathway) -> tuple[Role, ...]:
    return (Role.THERAPIST,) if state.has_psychotherapy else (Role.NURSE, Role.THERAPIST)


def level_of(risk: Risk) -> RiskLevel | None:
    """How high a risk counts that is not cleared; None before anybody has assessed it."""
    levels = {CONTACT[signal.code] for signal in risk.signals if signal.code in CONTACT}
    if RiskLevel.HIGH in levels:
        return RiskLevel.HIGH
    if levels:
        return RiskLevel.MODERATE
    return None if unassessed(risk) else risk.level


def is_asked_after(state: Pathway) -> bool:
    """Whether a sign of suicide risk waits for the screener, or a moderate or high risk for a contact."""
    waiting = [
        *unassessed(state.risk),
        *(one for one in state.risk.signals if one.code in CONTACT and not one.contacted),
    ]
    declined_at = state.checkins.declined_at if state.ending is not None else None
    return any(declined_at is None or one.since > declined_at for one in waiting)


def suspension_reasons(state: Pathway, approval: Approval) -> Iterator[str]:
    """Why an approval is suspended: a moderate or high risk, or one that nobody assessed in time."""
    del approval
    if any(signal.code in CONTACT for signal in state.risk.signals):
        yield "suicide_risk"


def assess_by(state: Pathway, signal: RiskSignal) -> datetime | None:
    """Until when the screener has to be finished, before a signal counts as high."""
    rules = state.protocol.instruments
    return signal.since + timedelta(minutes=rules.risk.assess_min.value) if rules is not None else None


def signalled(state: Pathway, score: Score) -> Risk:
    """The risk after a score. A new signal makes every clearing before it void."""
    risk = state.risk
    if score.level is not None and score.usable and (risk.assessed_at is None or risk.assessed_at <= score.taken_at):
        risk = risk.model_copy(update={"assessed_at": score.taken_at, "level": score.level})
    new = tuple(RiskSignal(code=code, since=score.taken_at) for code in _codes(state, score))
    return _with_signals(risk, new) if new else risk


def _codes(state: Pathway, score: Score) -> Iterator[RiskCode]:
    rules = state.protocol.instruments
    scale = rules.scales.get(score.instrument) if rules is not None else None
    if scale is not None and safety_item_positive(scale, score.safety_item):
        yield RiskCode.ITEM9_POSITIVE
    if score.level is None:
        return
    if score.missing:
        yield RiskCode.CSSRS_UNFINISHED
    if score.level is RiskLevel.MODERATE:
        yield RiskCode.CSSRS_MODERATE
    if score.level is RiskLevel.HIGH:
        yield RiskCode.CSSRS_HIGH


def _with_signals(risk: Risk, new: tuple[RiskSignal, ...]) -> Risk:
    return risk.model_copy(update={"signals": (*risk.signals, *new), "clearings": ()})


def risk_unassessed(state: Pathway, fact: RiskUnassessed, at: datetime) -> dict[str, Any]:
    """It counts as high until a screener says otherwise and two clinicians agree."""
    del at
    return {"risk": _with_signals(state.risk, (RiskSignal(code=RiskCode.UNASSESSED, since=fact.since),))}


def risk_contact_recorded(state: Pathway, fact: RiskContactRecorded, at: datetime) -> dict[str, Any]:
    """Whoever was reached need not be contacted again about the signals up to then."""
    if not fact.reached:
        return {}
    signals = tuple(
        signal.model_copy(update={"contacted": True}) if signal.since <= at else signal for signal in state.risk.signals
    )
    return {"risk": state.risk.model_copy(update={"signals": signals})}


def risk_cleared(state: Pathway, fact: RiskCleared, at: datetime) -> dict[str, Any]:
    """One clearing alone changes nothing; the second one ends the block."""
    risk = state.risk
    if not fact.complete:
        clearing = Clearing(role=fact.role, actor_id=fact.actor_id, at=at)
        return {"risk": risk.model_copy(update={"clearings": (*risk.clearings, clearing)})}
    span = Span(since=min(signal.since for signal in risk.signals), until=at)
    return {"risk": risk.model_copy(update={"signals": (), "clearings": (), "past": (*risk.past, span)})}
