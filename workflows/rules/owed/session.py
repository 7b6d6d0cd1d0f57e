"""What a session waits for, from the booking to the integration visit."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.actors import Role
from schemas.pathway import Pathway, Session
from schemas.protocol import DayRules
from schemas.work import WorkKind
from workflows.rules.blood_pressure import Verdict
from workflows.rules.consents.standing import has_left, integration_goes_on, is_monitoring_only
from workflows.rules.owed.obligation import Obligation
from workflows.rules.predose import pressure_verdict
from workflows.rules.standing import integration_window, is_called_off, is_ill, observation_ends


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


def _checklist(state: Pathway, session: Session, rules: DayRules) -> Iterator[Obligation]:
    """Somebody goes through it before the cutoff; a physician, where it tells of an illness."""
    if not session.checklists and not is_called_off(state):
        cutoff = session.starts_at - timedelta(hours=rules.cutoff_h.value)
        in_time = session.booked_at is not None and session.booked_at < cutoff
        yield Obligation(WorkKind.RECORD_DAY_CHECKLIST, session.id, due_at=cutoff if in_time else session.starts_at)
    if is_ill(session.checklists):
        yield Obligation(WorkKind.REVIEW_ILLNESS, session.id)


def _before_the_dose(state: Pathway, session: Session) -> Iterator[Obligation]:
    if session.blocked_for:
        return
    yield Obligation(WorkKind.HOLD_SESSION, session.id, due_from=session.starts_at, owner=_attending(state))
    rules = state.protocol.day_of
    if rules is not None and session.day_begun:
        yield from _checklist(state, session, rules)
    if pressure_verdict(state, session) is Verdict.PHYSICIAN and session.vitals_accepted_at is None:
        yield Obligation(WorkKind.DECIDE_PREDOSE_VITALS, session.id)
