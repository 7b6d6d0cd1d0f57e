"""Checks of the dosing approval, and of the dose against it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.pathway import Pathway, Session
from schemas.treatment import Approval, ApprovalStatus
from workflows.rules.dose_limits import offered
from workflows.rules.dose_plan import readers
from workflows.rules.follow_up import is_seen_after_pause
from workflows.rules.gate.check import GateCheck, Intended, check

CONFIRMING = (Role.NURSE, Role.PHYSICIAN, Role.THERAPIST)


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """One approval, in force at ``at``, given under the pathway's protocol."""
    del intended
    approval = state.approval
    yield check("approval_given", approval, "approval_missing", "No physician has approved dosing.", Role.PHYSICIAN)
    if approval is None:
        return
    yield check(
        "approval_countersigned",
        approval.status is not ApprovalStatus.PROPOSED,
        "approval_proposed",
        "The approval waits for a second prescriber.",
        Role.PHYSICIAN,
        approval=approval.id,
    )
    yield check(
        "approval_unsuspended",
        approval.status is not ApprovalStatus.SUSPENDED,
        "approval_suspended",
        "Something that the approval is bound to has changed.",
        Role.PHYSICIAN,
        approval=approval.id,
        reasons=", ".join(approval.suspended_for) or None,
    )
    waiting = (ApprovalStatus.PROPOSED, ApprovalStatus.SUSPENDED)
    stands = approval.status is ApprovalStatus.IN_FORCE or approval.status in waiting
    expired = approval.status is ApprovalStatus.EXPIRED or at >= approval.valid_until
    yield check(
        "approval_unexpired",
        not expired,
        "approval_expired",
        "The dosing approval has expired.",
        Role.PHYSICIAN,
        approval=approval.id,
        until=approval.valid_until,
    )
    yield check(
        "approval_in_force",
        stands or expired,
        "approval_not_in_force",
        "The dosing approval is not in force.",
        Role.PHYSICIAN,
        approval=approval.id,
        status=approval.status.value,
    )
    yield check(
        "approval_given_before",
        at >= approval.approved_at,
        "approval_later",
        "The approval was given after this dose.",
        Role.PHYSICIAN,
        approval=approval.id,
        since=approval.approved_at,
    )
    yield check(
        "approval_protocol",
        approval.protocol_version == state.protocol.name,
        "approval_other_protocol",
        "The approval was given under another version of the protocol.",
        Role.PHYSICIAN,
        approval=approval.id,
        approved_under=approval.protocol_version,
    )
    if state.protocol.approval.reevaluate_after_days is not None:
        yield _pause(state, at)


def dose_checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The session and the dose are what was approved."""
    approval, session = state.approval, state.cycle.session
    if approval is None or session is None or session.checked_in_at is None:
        return
    yield check(
        "sessions_left",
        session.doses or approval.sessions_used < approval.sessions,
        "no_sessions_left",
        "Every session of the approval is used.",
        Role.PHYSICIAN,
        approval=approval.id,
        sessions=approval.sessions,
    )
    yield check(
        "setting_approved",
        approval.setting is session.setting,
        "setting_not_approved",
        "The approval is for another setting.",
        Role.PHYSICIAN,
        approval=approval.id,
        approved=approval.setting.value,
    )
    yield check(
        "state_approved",
        approval.state_of_dosing is None or session.location in (None, approval.state_of_dosing),
        "location_not_approved",
        "The approval is for another state than the patient is in.",
        Role.PHYSICIAN,
        approval=approval.id,
        approved=approval.state_of_dosing,
    )
    if intended is not None:
        yield from _size(state, approval, session, intended)
    yield from _booster(state, approval, session, at, intended)


def _size(state: Pathway, approval: Approval, session: Session, intended: Intended) -> Iterator[GateCheck]:
    """Route and milligrams."""
    yield check(
        "route_approved",
        approval.route is intended.route,
        "route_not_approved",
        "The approval is for another route.",
        Role.PHYSICIAN,
        approval=approval.id,
        approved=approval.route.value,
    )
    yield check(
        "single_within_limit",
        session.doses or approval.max_single_mg is None or intended.dose_mg <= approval.max_single_mg,
        "dose_above_single",
        "The dose exceeds what was approved at once.",
        Role.PHYSICIAN,
        approval=approval.id,
        limit_mg=approval.max_single_mg,
    )
    limits = state.protocol.routes.get(approval.route)
    doses = offered(state, limits) if limits is not None and not session.doses else ()
    yield check(
        "dose_offered",
        not doses or intended.dose_mg in doses,
        "dose_not_offered",
        "By this route there are only certain doses.",
        doses=", ".join(f"{dose:g}" for dose in doses) or None,
    )
    yield check(
        "dose_within_limit",
        intended.dose_mg + sum(dose.dose_mg for dose in session.doses) <= approval.max_dose_mg,
        "dose_above_approval",
        "The session's doses together exceed the approved limit.",
        Role.PHYSICIAN,
        approval=approval.id,
        limit_mg=approval.max_dose_mg,
    )


def _booster(
    state: Pathway, approval: Approval, session: Session, at: datetime, intended: Intended | None
) -> Iterator[GateCheck]:
    """A second dose only where one was approved, once, and in its time."""
    limits = state.protocol.routes.get(approval.route)
    allowed = limits is None or limits.booster
    if not session.doses or (approval.booster_mg is None and allowed):
        return
    most = approval.booster_mg or 0
    fits = intended is None or intended.dose_mg <= most
    yield check(
        "booster_approved",
        allowed and len(session.doses) < 2 and most > 0 and fits,
        "booster_not_approved",
        "No further dose of this size was approved for this session.",
        Role.PHYSICIAN,
        approval=approval.id,
        limit_mg=approval.booster_mg,
    )
    if (rules := state.protocol.booster) is not None:
        opens = session.doses[0].given_at + timedelta(minutes=rules.opens_min.value)
        closes = session.doses[0].given_at + timedelta(minutes=rules.closes_min.value)
        yield check(
            "booster_in_time",
            opens <= at <= closes,
            "booster_out_of_time",
            "A booster has its time after the first dose, and this is not within it.",
            opens=opens,
            closes=closes,
        )


def _pause(state: Pathway, at: datetime) -> GateCheck:
    limit = state.protocol.approval.reevaluate_after_days
    return check(
        "seen_after_pause",
        is_seen_after_pause(state, at),
        "follow_up_missing",
        "The last dose is so long ago that a physician has to see the patient again first.",
        Role.PHYSICIAN,
        last_dose=state.last_drug_at,
        limit_days=limit.value if limit is not None else None,
    )


def reading_checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """What the approval depends on is confirmed, and everybody who has to has read this version of the dose plan."""
    del intended
    approval = state.approval
    if approval is None:
        return
    if approval.conditions:
        waiting = approval.unconfirmed(at)
        yield check(
            "approval_conditions_met",
            not waiting,
            "condition_not_met",
            "A condition of the approval is not confirmed.",
            *CONFIRMING,
            approval=approval.id,
            conditions=", ".join(waiting) or None,
        )
    for role in readers(state):
        read_at = approval.acknowledged.get(role)
        yield check(
            f"plan_read_by_{role.value}",
            read_at is not None and read_at <= at,
            "plan_not_acknowledged",
            "This version of the dose plan was not acknowledged.",
            role,
            approval=approval.id,
            role=role.value,
        )
