"""What a session waits for, from the booking to the integration visit."""

from collections.abc import Iterator

from schemas.actors import Role
from schemas.pathway import Pathway, Session
from schemas.work import WorkKind
from workflows.rules.blood_pressure import Verdict
from workflows.rules.consents.standing import has_left, integration_goes_on, is_monitoring_only
from workflows.rules.owed.obligation import Obligation
from workflows.rules.predose import pressure_verdict
from workflows.rules.standing import integration_window, observation_ends


def owed(state: Pathway) -> Iterator[Obligation]:
    """Before the dose to hold it, after it to debrief, to discharge and to integrate."""
    session = state.cycle.session
    if session is None:
        return
    if not session.doses:
        yield from _before_the_dose(state, session)
        return
    if state.has_psychotherapy and not session.debriefed and not (has_left(state) or is_monitoring_only(state)):
        yield Obligation(WorkKind.RECORD_DEBRIEF, session.id, due_from=observation_ends(state, session))
    if session.discharged_at is None:
        ends = observation_ends(state, session)
        yield Obligation(WorkKind.DISCHARGE_PATIENT, session.id, due_from=ends, owner=_attending(state))
    elif (window := integration_window(state, session)) is not None and integration_goes_on(state):
        _, closes, hard_limit = window
        cycle = f"cycle-{state.cycle.number}"
        yield Obligation(WorkKind.HOLD_INTEGRATION_VISIT, cycle, due_at=closes, hard_limit=hard_limit)
        if state.cycle.integration_overdue:
            yield Obligation(WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION, cycle)


def _attending(state: Pathway) -> Role | None:
    """Who is with the patient where no therapist belongs to the treatment."""
    return None if state.has_psychotherapy else Role.NURSE


def _before_the_dose(state: Pathway, session: Session) -> Iterator[Obligation]:
    yield Obligation(WorkKind.HOLD_SESSION, session.id, due_from=session.starts_at, owner=_attending(state))
    if pressure_verdict(state, session) is Verdict.PHYSICIAN and session.vitals_accepted_at is None:
        yield Obligation(WorkKind.DECIDE_PREDOSE_VITALS, session.id)
