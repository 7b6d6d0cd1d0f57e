"""Where a pathway stands: readings of the state that several rules share."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.day_of import DayChecklist
from schemas.pathway import Pathway, Phase, Session
from schemas.treatment import Approval, ApprovalStatus
from workflows.rules.consents.standing import (
    has_left,
    is_monitoring_only,
    missing_consents,
)

NEXT_STEP: dict[Phase, str] = {
    Phase.REFERRAL: "A coordinator accepts or declines the referral.",
    Phase.SCREENING: "A physician decides the screening.",
    Phase.CONSENT: "The patient's consent is recorded.",
    Phase.PREPARATION: "The therapist holds the preparation visit and signs the note.",
    Phase.APPROVAL: "A physician decides on the dosing approval.",
    Phase.SESSION: "The session is booked and held.",
    Phase.INTEGRATION: "The therapist holds the integration visit and signs the note.",
    Phase.FOLLOW_UP: "A physician records the outcome.",
    Phase.SAFETY_CONTACT: "Somebody asks after the patient, until that is done or declined.",
    Phase.CLOSED: "Nothing; the pathway is closed.",
}
"""The one thing that moves a pathway on, in words that say nothing about a person."""

HELD_STEP = "A physician reviews the medical hold."
CHANGED_STEP = "A physician decides whether the series goes on with the changed team."
WEEK = timedelta(weeks=1)
OBSERVED_STEP = "The patient is observed, debriefed and discharged."
MONITORED_STEP = "The patient is only monitored, until it is safe to leave: the consent was withdrawn."
ASKED_STEP = "The patient is asked what goes on, one thing after the other."
LEFT_STEP = "A physician decides with the patient how it goes on."


def phase_of(state: Pathway) -> Phase:
    """The phase, derived from the facts; it is stored nowhere, so it cannot contradict them."""
    session = state.cycle.session
    if state.closure is not None:
        return Phase.CLOSED
    if state.ending is not None:
        return Phase.SAFETY_CONTACT
    if session is not None and session.doses:
        return Phase.SESSION if session.in_progress else Phase.INTEGRATION
    if state.care_team is None:
        return Phase.REFERRAL
    if state.eligible is None:
        return Phase.SCREENING
    if not state.series_continues:
        return Phase.FOLLOW_UP
    if missing_consents(state):
        return Phase.CONSENT
    if state.has_psychotherapy and state.cycle.prepared_at is None:
        return Phase.PREPARATION
    if not is_usable(state.approval):
        return Phase.APPROVAL
    return Phase.SESSION


def next_step(state: Pathway) -> str:
    """The one thing that moves the pathway on."""
    session = state.cycle.session
    if session is not None and session.in_progress:
        return MONITORED_STEP if is_monitoring_only(state) else OBSERVED_STEP
    if state.hold is not None and state.closure is None:
        return HELD_STEP
    phase, handover, withdrawal = phase_of(state), state.staffing.handover, state.consenting.withdrawal
    if withdrawal is not None and withdrawal.therapy is None and state.closure is None and state.ending is None:
        return ASKED_STEP
    if phase is Phase.CONSENT and has_left(state):
        return LEFT_STEP
    changed = handover is not None and handover.continued_at is None
    return CHANGED_STEP if changed and phase in (Phase.APPROVAL, Phase.SESSION) else NEXT_STEP[phase]


def is_called_off(state: Pathway) -> bool:
    """Whether a booked session will not take place as things stand, so that nobody is told to get ready for it."""
    suspended = state.approval is not None and state.approval.status is ApprovalStatus.SUSPENDED
    session = state.cycle.session
    if suspended or missing_consents(state):
        return True
    if session is None or state.protocol.day_of is None:
        return False
    return bool(session.blocked_for) or state.hold is not None or not is_covered(state, session)


def is_covered(state: Pathway, session: Session) -> bool:
    """Whether the approval, as it stands now, could carry a booked session at its start."""
    return is_usable(state.approval) and state.approval is not None and session.starts_at < state.approval.valid_until


def is_ill(checklists: Iterable[DayChecklist]) -> bool:
    """Whether a new illness was told of, and no physician has gone through the checklist since and found none."""
    ill = False
    for one in checklists:
        ill = one.new_illness or (ill and one.by is not Role.PHYSICIAN)
    return ill


def is_usable(approval: Approval | None) -> bool:
    """Whether an approval could carry a session; its expiry is judged at the instant of a dose."""
    return (
        approval is not None
        and approval.status is ApprovalStatus.IN_FORCE
        and approval.sessions_used < approval.sessions
    )


def approval_at(state: Pathway, at: datetime) -> Approval | None:
    """The approval that a dose at ``at`` is judged by: one that ended since then, as it stood; else the newest."""
    for approval in (state.approval, state.former_approval):
        ended = approval.ended_at if approval is not None else None
        if approval is not None and ended is not None and approval.approved_at <= at < ended:
            return approval.model_copy(update={"status": ApprovalStatus.IN_FORCE, "suspended_for": ()})
    return state.approval


def lately_broken_off(state: Pathway, at: datetime) -> Session | None:
    """The session that ended without drug not long before ``at``: the patient may still be there, or be unwell."""
    session, hours = state.broken_off, state.protocol.session.kept_h
    if session is None or hours is None or session.checked_in_at is None or session.ended_at is None:
        return None
    until = session.ended_at + timedelta(hours=hours.value)
    return session if session.checked_in_at <= at <= until else None


def observation_ends(state: Pathway, session: Session) -> datetime | None:
    """When the observation time after the last drug is over; None before any drug, or while an infusion runs."""
    last, since = session.last_dose, observed_from(state, session)
    if last is None or since is None:
        return None
    return since + timedelta(minutes=state.protocol.routes[last.route].observation_min.value)


def observed_from(state: Pathway, session: Session) -> datetime | None:
    """Since when the last drug is in: its dose, or the end of its infusion; None before either."""
    last = session.last_dose
    if last is None or state.protocol.routes[last.route].infusion_min is None:
        return last.given_at if last is not None else None
    ended = session.infusion_ended_at
    return ended if ended is not None and ended >= last.given_at else None


def integration_window(state: Pathway, session: Session) -> tuple[datetime, datetime, datetime] | None:
    """Opening, close and hard limit of the integration visit; None before any drug, or without psychotherapy."""
    last = session.last_dose
    if last is None or not state.has_psychotherapy:
        return None
    rules = state.protocol.integration
    return (
        last.given_at + timedelta(hours=rules.window_opens_h.value),
        last.given_at + timedelta(hours=rules.window_closes_h.value),
        last.given_at + timedelta(days=rules.hard_limit_days.value),
    )


def earliest_next_dose(state: Pathway, after: datetime | None = None) -> datetime | None:
    """The first instant, from ``after`` on, at which a further session may give drug; None before the first session."""
    if state.last_drug_at is None and state.last_integration_at is None:
        return None
    earliest = [] if after is None else [after]
    if state.last_drug_at is not None:
        earliest.append(state.last_drug_at + timedelta(hours=state.series.min_hours_between_doses.value))
        if state.extension.every_days is not None:
            earliest.append(state.last_drug_at + timedelta(days=state.extension.every_days))
    if state.last_integration_at is not None:
        gap = state.protocol.integration.min_hours_before_next_dose.value
        earliest.append(state.last_integration_at + timedelta(hours=gap))
    least = max(earliest)
    # A week frees a place when a session becomes older than it, and at no other instant.
    freed = sorted(session + WEEK for session in state.recent_sessions_at)
    return next((instant for instant in (least, *freed) if instant >= least and week_has_room(state, instant)), least)


def week_has_room(state: Pathway, at: datetime) -> bool:
    """Whether one more session at ``at`` is within the most of seven days, as the series has it by then."""
    series, began = state.series, state.pace.first_session_at or next(iter(state.recent_sessions_at), None)
    most = series.max_sessions_per_week
    for later in series.later:
        if began is not None and at - began >= timedelta(weeks=later.after_weeks.value):
            most = later.max_sessions_per_week
    within = sum(at - session < WEEK for session in state.recent_sessions_at)
    return most is None or within < most.value


def cautions(state: Pathway) -> tuple[str, ...]:
    """What a physician should know before the next dose although it blocks nothing."""
    session = state.cycle.session
    dosed = session is not None and bool(session.doses)
    told = {"late_integration": state.integration.late and not dosed}
    told["high_daily_dose"] = any(decision.above_flag for decision in state.screening.decisions)
    return tuple(code for code, applies in told.items() if applies)
