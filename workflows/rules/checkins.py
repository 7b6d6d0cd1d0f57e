"""Rules of check-ins: planned with the drug, opened and made urgent by time, done or closed by a human alone.

Those for the patient's safety survive a withdrawn consent, until the patient declines the safety contact, too.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.actors import CLINICIANS, Role
from schemas.checkins import CheckinOutcome, Checkins, OpenCheckin, PlannedCheckin, WelfareDecision
from schemas.commands import DecideWelfare, DeclineSafetyContact, RecordCheckin
from schemas.facts import (
    CheckinAttempted,
    CheckinDue,
    CheckinMissed,
    CheckinRecorded,
    Fact,
    MissedStage,
    SafetyContactDeclined,
    WelfareDecided,
)
from schemas.measures import Instrument
from schemas.pathway import Pathway
from workflows.rules.consents.standing import has_left
from workflows.rules.measures import measured
from workflows.rules.refusing import Refused, require
from workflows.rules.risk import is_asked_after as is_at_risk

LONG_TERM = "long_term"
"""Kind of the check-ins after the last session of a series."""


def record_checkin(state: Pathway, command: RecordCheckin, at: datetime) -> list[Fact]:
    """With everything the protocol asks for once the patient is reached; with nothing when nobody is."""
    checkin = open_checkin(state, command.checkin_id)
    require(
        at >= checkin.opens_at,
        "checkin_too_early",
        "The check-in had not begun at that time.",
        "observed_at",
        opens=checkin.opens_at.isoformat(),
    )
    if command.outcome is CheckinOutcome.NOT_REACHED:
        content = command.measures or command.side_effects
        require(not content, "content_without_contact", "Whoever is not reached says nothing.", "outcome")
        require(command.actor.role is not Role.PATIENT, "patient_not_reached", "The patient is there.", "outcome")
        return [CheckinAttempted(checkin_id=checkin.id, note=command.note)]
    _require_complete(state, command, checkin)
    facts: list[Fact] = []
    for number, said in enumerate(command.measures):
        fact = measured(state, said.instrument, said.answers, at, f"measures.{number}.answers")
        facts.append(fact)
    done = CheckinRecorded(checkin_id=checkin.id, side_effects=command.side_effects, note=command.note)
    return [*facts, done]


def _require_complete(state: Pathway, command: RecordCheckin, checkin: OpenCheckin) -> None:
    measures, side_effects, staff_only = asked(state, checkin.kind)
    spoke = command.actor.role is not Role.PATIENT
    require(spoke or not staff_only, "staff_call_needed", "Somebody of the staff has to speak with the patient.")
    once = {said.instrument for said in command.measures}
    require(len(once) == len(command.measures), "measure_twice", "Each questionnaire is answered once.", "measures")
    since = {one.instrument for one in state.measures if one.taken_at >= checkin.opens_at}
    missing = [one.value for one in measures if one not in once | since]
    require(
        not missing,
        "checkin_measure_missing",
        "The check-in asks for another questionnaire.",
        "measures",
        missing=", ".join(missing),
    )
    require(
        command.side_effects is not None or not side_effects,
        "side_effects_missing",
        "Side effects have to be asked for; none is an answer, too.",
        "side_effects",
    )


def asked(state: Pathway, kind: str) -> tuple[tuple[Instrument, ...], bool, bool]:
    """What a kind of check-in asks for: questionnaires, side effects, and whether the staff has to speak."""
    rules = state.protocol.checkins
    if rules is None:
        return (), False, False
    if (rule := rules.rule(kind)) is not None:
        return rule.measures, rule.side_effects, rule.staff_only
    return rules.long_term.measures, rules.long_term.side_effects, False


def open_checkin(state: Pathway, checkin_id: str) -> OpenCheckin:
    """The open check-in with an id.

    Raises:
        Refused: ``checkin_not_open``.
    """
    found = next((one for one in state.checkins.open if one.id == checkin_id), None)
    if found is None:
        raise Refused("checkin_not_open", "No such check-in is open.", "checkin_id")
    return found


def decide_welfare(state: Pathway, command: DecideWelfare, at: datetime) -> list[Fact]:
    """Once the protocol's time has passed without an answer."""
    del at
    checkin = open_checkin(state, command.checkin_id)
    require(
        checkin.welfare_owed,
        "welfare_not_due",
        "The time to decide on the patient's welfare has not come.",
        "checkin_id",
        due=checkin.welfare_at.isoformat(),
    )
    return [WelfareDecided(checkin_id=checkin.id, decision=command.decision)]


def decline_safety_contact(state: Pathway, command: DeclineSafetyContact, at: datetime) -> list[Fact]:
    """After a consent was withdrawn; as long as a treatment goes on, so do its check-ins."""
    del at
    checkins, at_risk = state.checkins, is_at_risk(state)
    require(may_decline(state), "treatment_goes_on", "The safety contact belongs to a treatment that goes on.")
    ahead = checkins.planned or checkins.open or (at_risk and state.ending is not None)
    require(ahead, "no_safety_contact", "No safety contact lies ahead.")
    require(
        not at_risk or command.actor.role in CLINICIANS,
        "risk_open",
        "While a sign of suicide risk is open, a clinician has to judge and record this.",
        "actor.role",
    )
    return [SafetyContactDeclined()]


def may_decline(state: Pathway) -> bool:
    """Whether the patient has left the treatment, so that only the safety contact is left."""
    return state.ending is not None or has_left(state)


def safety_only(state: Pathway) -> Checkins:
    """The check-ins that remain once care has ended."""
    rules = state.protocol.checkins
    kinds = rules.safety_kinds if rules is not None else frozenset()
    return state.checkins.model_copy(
        update={
            "planned": tuple(one for one in state.checkins.planned if one.kind in kinds),
            "open": tuple(one for one in state.checkins.open if one.kind in kinds),
        }
    )


def is_asked_after(state: Pathway) -> bool:
    """Whether a check-in for the patient's safety lies ahead or is open."""
    remaining = safety_only(state)
    return bool(remaining.planned or remaining.open)


def planned_after(state: Pathway, session_id: str, last_drug_at: datetime) -> Checkins:
    """The check-ins after a dose: those of its session count anew, and the last session plans the long-term ones."""
    rules = state.protocol.checkins
    if rules is None:
        return state.checkins
    already = {one.id for one in state.checkins.open}
    after = [
        PlannedCheckin(
            id=f"{session_id}-{kind}",
            kind=kind,
            opens_at=last_drug_at + timedelta(hours=rule.opens_h.value),
            due_at=last_drug_at + timedelta(hours=rule.due_h.value),
        )
        for kind, rule in rules.after_session.items()
    ]
    if state.cycle.number >= state.sessions_planned:
        after += long_term(state, session_id, last_drug_at)
    # A session after the last one of a series makes that one not the last.
    kept = [one for one in state.checkins.planned if one.kind != LONG_TERM and not one.id.startswith(f"{session_id}-")]
    new = [one for one in after if one.id not in already]
    planned = sorted([*kept, *new], key=lambda one: one.opens_at)
    return state.checkins.model_copy(update={"planned": tuple(planned), "declined_at": None})


def long_term(state: Pathway, session_id: str, last_drug_at: datetime) -> Iterator[PlannedCheckin]:
    """The check-ins after a series whose last drug was given at an instant."""
    rules = state.protocol.checkins
    for days in rules.long_term.days if rules is not None else ():
        due_at = last_drug_at + timedelta(days=days.value)
        yield PlannedCheckin(id=f"{session_id}-day_{days.value:g}", kind=LONG_TERM, opens_at=due_at, due_at=due_at)


def checkin_due(state: Pathway, fact: CheckinDue, at: datetime) -> dict[str, Any]:
    """It is owed from now on."""
    del at
    checkins, rules = state.checkins, state.protocol.checkins
    (planned,) = [one for one in checkins.planned if one.id == fact.checkin_id]
    wait = timedelta(hours=rules.missed.welfare_decision_h.value if rules is not None else 0)
    opened = OpenCheckin(**planned.model_dump(), welfare_at=planned.due_at + wait)
    rest = tuple(one for one in checkins.planned if one is not planned)
    return {"checkins": checkins.model_copy(update={"planned": rest, "open": (*checkins.open, opened)})}


def checkin_missed(state: Pathway, fact: CheckinMissed, at: datetime) -> dict[str, Any]:
    """More is owed, and the check-in stays open."""
    del at
    owed = {MissedStage.HUMAN_CALL: "call_owed", MissedStage.WELFARE_DECISION: "welfare_owed"}[fact.stage]
    return _with_open(state, fact.checkin_id, **{owed: True})


def checkin_recorded(state: Pathway, fact: CheckinRecorded, at: datetime) -> dict[str, Any]:
    """Done, and the patient was spoken with, or answered."""
    del at
    return {**_without(state, fact.checkin_id), "unreached": ()}


def checkin_attempted(state: Pathway, fact: CheckinAttempted, at: datetime) -> dict[str, Any]:
    """The call that was owed is made; the check-in is not done."""
    del at
    checkin = next(one for one in state.checkins.open if one.id == fact.checkin_id)
    called = checkin.called or checkin.call_owed
    return _with_open(state, checkin.id, attempts=checkin.attempts + 1, call_owed=False, called=called)


def welfare_decided(state: Pathway, fact: WelfareDecided, at: datetime) -> dict[str, Any]:
    """Closed by the clinician, or decided on anew after the same time."""
    rules = state.protocol.checkins
    if fact.decision is WelfareDecision.CLOSE:
        return _without(state, fact.checkin_id)
    wait = timedelta(hours=rules.missed.welfare_decision_h.value if rules is not None else 0)
    return _with_open(state, fact.checkin_id, welfare_owed=False, welfare_at=at + wait)


def safety_contact_declined(state: Pathway, fact: SafetyContactDeclined, at: datetime) -> dict[str, Any]:
    """Nobody asks any more."""
    del state, fact
    return {"checkins": Checkins(declined_at=at)}


def _with_open(state: Pathway, checkin_id: str, **changes: Any) -> dict[str, Any]:
    changed = tuple(one.model_copy(update=changes) if one.id == checkin_id else one for one in state.checkins.open)
    return {"checkins": state.checkins.model_copy(update={"open": changed})}


def _without(state: Pathway, checkin_id: str) -> dict[str, Any]:
    rest = tuple(one for one in state.checkins.open if one.id != checkin_id)
    return {"checkins": state.checkins.model_copy(update={"open": rest})}
