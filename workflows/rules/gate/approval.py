"""Checks of the dosing approval, and of the dose against it."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """One approval, in force at ``at``, given under the pathway's protocol."""
    del intended
    approval = state.approval
    yield check("approval_given", approval, "approval_missing", "No physician has approved dosing.", Role.PHYSICIAN)
    if approval is None:
        return
    stands = approval.status is ApprovalStatus.IN_FORCE
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


def dose_checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """The session and the dose are what was approved."""
    del at
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
    if intended is None:
        return
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
        "dose_within_limit",
        intended.dose_mg + sum(dose.dose_mg for dose in session.doses) <= approval.max_dose_mg,
        "dose_above_approval",
        "The session's doses together exceed the approved limit.",
        Role.PHYSICIAN,
        approval=approval.id,
        limit_mg=approval.max_dose_mg,
    )
