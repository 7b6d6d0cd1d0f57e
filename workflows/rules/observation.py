"""Rules of what is measured, held, captured and debriefed in a session."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from schemas.commands import AcknowledgeHold, CaptureInsight, DecidePredoseVitals, LiftHold, RecordDebrief, RecordVitals
from schemas.facts import (
    DebriefRecorded,
    Fact,
    HoldAcknowledged,
    HoldLifted,
    InsightCaptured,
    PredoseVitalsDecided,
    PreparationVoided,
    SessionHeld,
    VitalsRecorded,
)
from schemas.pathway import Hold, Pathway, Session
from schemas.treatment import Reading
from schemas.work import WorkKind
from workflows.rules.alarming import alarms
from workflows.rules.blood_pressure import Verdict
from workflows.rules.predose import pressure_verdict
from workflows.rules.refusing import Refused, require
from workflows.rules.session import arrived_session, broken_off, current_session, open_session, with_session
from workflows.rules.standing import lately_broken_off

HELD_BY_RULE = ("blood_pressure_hold", "The blood pressure is above the limit at which a session is held.")
HELD_BY_PHYSICIAN = ("physician_hold", "The physician decided not to proceed on these readings.")


def record_vitals(state: Pathway, command: RecordVitals, at: datetime) -> list[Fact]:
    """Appended as measured, however late it is told. Before the first dose they may hold the session at once."""
    session = _session_then(state, at)
    measured = command.vitals.model_dump(exclude_none=True)
    require(measured or command.symptoms, "vitals_empty", "At least one vital sign must be measured.", "vitals")
    reading = Reading(vitals=command.vitals, measured_at=at, symptoms=command.symptoms)
    recorded = VitalsRecorded(session_id=session.id, reading=reading)
    facts: list[Fact] = [recorded]
    after = state.model_copy(update=vitals_recorded(state, recorded, at))
    current = after.cycle.session
    waiting = current is not None and current.checked_in_at is not None and not current.doses
    if current is not None and waiting and pressure_verdict(after, current) is Verdict.HOLD:
        facts += _held(state, current, *HELD_BY_RULE)
    return [*facts, *alarms(state, session, reading)]


def _session_then(state: Pathway, at: datetime) -> Session:
    """The session that the patient was in at ``at``: this cycle's, or told of late the one before it.

    One that ended without drug takes readings for a while, too: who was sent home may still be unwell.
    """
    before = state.last_session
    began, ended = (before.checked_in_at, before.discharged_at) if before is not None else (None, None)
    if before is not None and began is not None and ended is not None and began <= at < ended:
        return before
    current, left = state.cycle.session, lately_broken_off(state, at)
    arrived = current.checked_in_at if current is not None else None
    if left is not None and (arrived is None or at < arrived):
        return left
    return open_session(state, at)


def _held(state: Pathway, session: Session, code: str, sentence: str) -> Iterator[Fact]:
    """The hold. A brief preparation is for the session that it comes before: it is done again for the next booking."""
    yield SessionHeld(session_id=session.id, code=code, sentence=sentence)
    if state.has_psychotherapy and state.cycle.number > 1 and state.cycle.prepared_at is not None:
        yield PreparationVoided(cycle=state.cycle.number)


def decide_predose_vitals(state: Pathway, command: DecidePredoseVitals, at: datetime) -> list[Fact]:
    """Only where the rule leaves it to a physician; above the hold limit there is no override."""
    session = open_session(state, at)
    verdict = pressure_verdict(state, session)
    open_question = verdict is Verdict.PHYSICIAN and session.vitals_accepted_at is None and not session.doses
    require(open_question, "no_decision_needed", "These readings do not wait for a physician's decision.")
    facts: list[Fact] = [PredoseVitalsDecided(session_id=session.id, proceed=command.proceed)]
    if not command.proceed:
        facts += _held(state, session, *HELD_BY_PHYSICIAN)
    return facts


def lift_hold(state: Pathway, command: LiftHold, at: datetime) -> list[Fact]:
    """By a physician; the approval stays what it was."""
    del command, at
    require(state.hold, "no_hold", "There is no medical hold.")
    return [HoldLifted()]


def acknowledge_hold(state: Pathway, command: AcknowledgeHold, at: datetime) -> list[Fact]:
    """Once for each held session."""
    del command, at
    if state.hold_unread is None:
        raise Refused("nothing_to_acknowledge", "No held session waits for the therapist.")
    return [HoldAcknowledged(session_id=state.hold_unread)]


def capture_insight(state: Pathway, command: CaptureInsight, at: datetime) -> list[Fact]:
    """While the patient is in the session."""
    return [InsightCaptured(session_id=open_session(state, at).id, insight=command.insight)]


def record_debrief(state: Pathway, command: RecordDebrief, at: datetime) -> list[Fact]:
    """Once, after drug was given; a late one is better than none, until the cycle is complete."""
    session = arrived_session(state, at)
    if not session.doses:
        raise Refused("no_drug_given", "No drug was given in this session.")
    require(not session.debriefed, "already_debriefed", "The debrief is recorded.")
    return [DebriefRecorded(session_id=current_session(state).id, summary=command.summary)]


def vitals_recorded(state: Pathway, fact: VitalsRecorded, at: datetime) -> dict[str, Any]:
    """A new reading before the dose asks the question anew, so an earlier acceptance ends."""
    del at
    session = state.cycle.session
    for name in ("last_session", "broken_off"):
        before: Session | None = getattr(state, name)
        if before is not None and before.id == fact.session_id and (session is None or session.id != before.id):
            return {name: before.model_copy(update={"readings": (*before.readings, fact.reading)})}
    if session is None:
        return {}
    accepted_at = session.vitals_accepted_at if session.doses else None
    return with_session(state, readings=(*session.readings, fact.reading), vitals_accepted_at=accepted_at)


def predose_vitals_decided(state: Pathway, fact: PredoseVitalsDecided, at: datetime) -> dict[str, Any]:
    """Accepted readings count as in range until the next one."""
    return with_session(state, vitals_accepted_at=at) if fact.proceed else {}


def session_held(state: Pathway, fact: SessionHeld, at: datetime) -> dict[str, Any]:
    """The booking ends without using a session; the hold stays until a physician decides."""
    hold = Hold(code=fact.code, since=at, session_id=fact.session_id)
    # A protocol from before asks no therapist.
    asked = state.has_psychotherapy and WorkKind.ACKNOWLEDGE_HOLD in state.protocol.work
    unread = {"hold_unread": fact.session_id} if asked else {}
    return {**broken_off(state, at, held=True), "hold": hold, **unread}


def hold_acknowledged(state: Pathway, fact: HoldAcknowledged, at: datetime) -> dict[str, Any]:
    """The therapist knows."""
    del state, fact, at
    return {"hold_unread": None}


def hold_lifted(state: Pathway, fact: HoldLifted, at: datetime) -> dict[str, Any]:
    """The next session may be booked."""
    del state, fact
    return {"hold": None, "hold_ended_at": at}


def debrief_recorded(state: Pathway, fact: DebriefRecorded, at: datetime) -> dict[str, Any]:
    """The debrief is no longer owed."""
    del fact, at
    return with_session(state, debriefed=True)
