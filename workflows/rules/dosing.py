"""Rules of drug that was given: under an approval and through the gate, or outside it, for a physician to look at."""

from datetime import datetime
from typing import Any

from schemas.commands import RecordAdministration, RecordUnauthorisedAdministration
from schemas.facts import DrugAdministered, Fact, SessionCancelled, UnauthorisedAdministration
from schemas.monitoring import Incident
from schemas.pathway import Pathway, Session
from schemas.treatment import Approval, Dose
from workflows.rules import pace, rems
from workflows.rules.checkins import planned_after
from workflows.rules.gate import GateCheck, Intended, gate
from workflows.rules.refusing import Refused, require
from workflows.rules.session import arrived_session, current_session
from workflows.rules.standing import approval_at
from workflows.rules.supply import after_dose

REMEMBERED = 10
"""Sessions whose instant is kept: more than any week may have."""

Administration = DrugAdministered | UnauthorisedAdministration


def record_administration(state: Pathway, command: RecordAdministration, at: datetime) -> list[Fact]:
    """Authorised only if every check of the gate passes at the instant the drug is given."""
    session = current_session(state)
    if session.checked_in_at is not None and (last := session.last_dose) is not None:
        require(at >= last.given_at, "observed_before_last_dose", "This was before the last dose.", "observed_at")
    checks = list(gate(state, at, _intended(command)))
    failed = [check for check in checks if not check.passed]
    if failed:
        raise Refused(failed[0].code, failed[0].sentence, failed_checks=", ".join(_codes(failed)))
    arrived_session(state, at)
    approval = approval_at(state, at)
    if approval is None:
        raise Refused("approval_missing", "No physician has approved dosing.")
    dose = Dose(
        dose_mg=command.dose_mg,
        route=command.route,
        given_at=at,
        approval_id=approval.id,
        lot=command.lot,
        verified_by=command.verified_by,
    )
    return [DrugAdministered(session_id=session.id, dose=dose, checks=tuple(check.name for check in checks))]


def record_unauthorised_administration(
    state: Pathway, command: RecordUnauthorisedAdministration, at: datetime
) -> list[Fact]:
    """Drug that is in the patient although the gate did not let it pass. It is no dose under any approval.

    It belongs to the session that the patient is or was in, else to one that it opens; a booking is cancelled then.
    """
    require(state.eligible is not None, "not_screened", "No physician has decided the screening yet.")
    failed = [check for check in gate(state, at, _intended(command)) if not check.passed]
    require(failed, "dose_authorised", "Every check passes; record it with record_administration.")
    session = state.cycle.session
    known = session is not None and any(dose.given_at == at for dose in session.doses)
    require(not known, "dose_already_recorded", "A dose of this instant is recorded.", "observed_at")
    facts: list[Fact] = []
    if session is not None and session.checked_in_at is None:
        facts.append(SessionCancelled(session_id=session.id))
        session = None
    dose = Dose(dose_mg=command.dose_mg, route=command.route, given_at=at, approval_id=None, lot=command.lot)
    given = UnauthorisedAdministration(
        session_id=session.id if session is not None else f"S{state.sessions_booked + 1}",
        dose=dose,
        cycle=state.cycle.number,
        opened_in=command.setting if session is None else None,
        failed_checks=_codes(failed),
        incident_id=f"I{state.incidents_opened + 1}",
    )
    return [*facts, given]


def _codes(failed: list[GateCheck]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check.code for check in failed))


def _intended(command: RecordAdministration | RecordUnauthorisedAdministration) -> Intended:
    looked = command.verified_by if isinstance(command, RecordAdministration) else None
    return Intended(command.dose_mg, command.route, lot=command.lot, given_by=command.actor.id, verified_by=looked)


def drug_administered(state: Pathway, fact: DrugAdministered, at: datetime) -> dict[str, Any]:
    """The first drug of a session uses one session of the approval; every drug restarts the clocks."""
    del at
    session = state.cycle.session
    if session is None:
        return {}
    first = 0 if session.doses else 1
    approvals = {
        name: _used(approval, first)
        for name, approval in (("approval", state.approval), ("former_approval", state.former_approval))
        if approval is not None and approval.id == fact.dose.approval_id
    }
    return {**_given(state, session, fact), **approvals}


def _used(approval: Approval, sessions: int) -> Approval:
    return approval.model_copy(update={"sessions_used": approval.sessions_used + sessions})


def unauthorised_administration(state: Pathway, fact: UnauthorisedAdministration, at: datetime) -> dict[str, Any]:
    """The clocks restart as after any drug, nothing more is given in this session, and a physician looks at it.

    Who was discharged is observed again. The session counts as one with drug; no approval is used.
    """
    del at
    session, given_at = state.cycle.session, fact.dose.given_at
    opened: dict[str, Any] = {}
    if fact.opened_in is not None:
        session = Session(
            id=fact.session_id,
            setting=fact.opened_in,
            starts_at=given_at,
            booked_at=given_at,
            checked_in_at=given_at,
        )
        opened = {"sessions_booked": state.sessions_booked + 1}
    if session is None:
        return {}
    since = given_at if session.stopped_at is None else min(given_at, session.stopped_at)
    session = session.model_copy(update={"discharged_at": None, "stopped": True, "stopped_at": since})
    return {
        **opened,
        **_given(state, session, fact),
        "incidents": (*state.incidents, Incident(id=fact.incident_id, at=given_at)),
        "incidents_opened": state.incidents_opened + 1,
    }


def _given(state: Pathway, session: Session, fact: Administration) -> dict[str, Any]:
    """What any drug in a session changes."""
    given_at, first = fact.dose.given_at, not session.doses
    doses = tuple(sorted((*session.doses, fact.dose), key=lambda dose: dose.given_at))
    last = max(given_at, state.last_drug_at or given_at)
    cycle = state.cycle.model_copy(update={"session": session.model_copy(update={"doses": doses})})
    before = state.model_copy(update={"cycle": state.cycle.model_copy(update={"session": session})})
    return {
        "cycle": cycle,
        "sessions_given": state.sessions_given + (1 if first else 0),
        "last_drug_at": last,
        "supply": after_dose(before, given_at),
        "regulatory": rems.after_first_drug(before, session.id, given_at) if first else state.regulatory,
        "pace": pace.after_first_drug(before, given_at) if first else state.pace,
        "checkins": planned_after(before, session.id, last),
        "recent_sessions_at": tuple(sorted((*state.recent_sessions_at, given_at)))[-REMEMBERED:]
        if first
        else state.recent_sessions_at,
    }
