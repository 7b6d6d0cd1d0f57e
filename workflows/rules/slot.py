"""The time kept for a session: what stands in its way before anybody has arrived, and what time does about it."""

from datetime import datetime, timedelta
from typing import Any

from schemas.facts import FastingReminderDue, SessionCutoffReached, SessionDayBegun
from schemas.pathway import Pathway, Session
from workflows.rules.dose_plan import readers
from workflows.rules.gate import approval, consents, enrolment, preparation, regulation, risk, safety, screening
from workflows.rules.refusing import require
from workflows.rules.standing import is_covered

STANDING = (
    enrolment.checks,
    consents.checks,
    screening.checks,
    safety.checks,
    risk.checks,
    preparation.checks,
    approval.checks,
    regulation.checks,
    approval.reading_checks,
)
"""Checks of a dose that do not wait for the patient's arrival."""


def obstacles(state: Pathway, starts_at: datetime) -> tuple[str, ...]:
    """Codes of everything that a dose at ``starts_at`` would be refused for as things are: the booking is tentative."""
    if state.protocol.day_of is None:
        return ()
    failed = (check.code for checks in STANDING for check in checks(state, starts_at, None) if not check.passed)
    codes = list(dict.fromkeys(failed))
    current = state.approval
    if current is not None and current.sessions_used >= current.sessions:
        codes.append("no_sessions_left")
    return tuple(codes)


def missing_at_cutoff(state: Pathway, session: Session) -> tuple[str, ...]:
    """Codes of what the cutoff blocks a session for: no approval that covers it, or nobody has read the current one."""
    if not is_covered(state, session) or state.approval is None:
        return ("approval_missing",)
    unread = any(role not in state.approval.acknowledged for role in readers(state))
    return ("plan_not_acknowledged",) if unread else ()


def require_before_cutoff(state: Pathway, starts_at: datetime, at: datetime) -> None:
    """A session that was blocked at its cutoff does not come back by being booked again within it."""
    rules, session = state.protocol.day_of, state.cycle.session
    if rules is None or session is None or not session.blocked_for:
        return
    earliest = at + timedelta(hours=rules.cutoff_h.value)
    require(
        starts_at >= earliest,
        "within_cutoff",
        "The session was blocked at its cutoff; the next one needs as much time ahead.",
        "starts_at",
        earliest=earliest.isoformat(),
    )


def session_day_begun(state: Pathway, fact: SessionDayBegun, at: datetime) -> dict[str, Any]:
    """The checklist is open."""
    del fact, at
    return _changed(state, day_begun=True)


def fasting_reminder_due(state: Pathway, fact: FastingReminderDue, at: datetime) -> dict[str, Any]:
    """The patient is reminded once per booking."""
    del fact, at
    return _changed(state, fasting_reminded=True)


def session_cutoff_reached(state: Pathway, fact: SessionCutoffReached, at: datetime) -> dict[str, Any]:
    """Blocked, if something was missing; nothing that comes later unblocks it."""
    del at
    return _changed(state, cutoff_reached=True, blocked_for=fact.missing)


def _changed(state: Pathway, **changes: Any) -> dict[str, Any]:
    session = state.cycle.session
    if session is None:
        return {}
    return {"cycle": state.cycle.model_copy(update={"session": session.model_copy(update=changes)})}
