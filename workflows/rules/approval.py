"""Rules of the dosing approval. Only a physician approves; time only takes away."""

from datetime import datetime
from typing import Any

from schemas.commands import ApproveDosing, RevokeApproval
from schemas.facts import ApprovalExpired, ApprovalRevoked, DosingApproved, Fact
from schemas.pathway import Pathway
from schemas.treatment import Approval, ApprovalStatus
from workflows.rules.calendar import end_of_local_day
from workflows.rules.preparation import require_open_series
from workflows.rules.refusing import Refused, require


def approve_dosing(state: Pathway, command: ApproveDosing, at: datetime) -> list[Fact]:
    """Within the protocol's terms: the first ones until a session was held under an approval, then the later ones."""
    require_open_series(state)
    session = state.cycle.session
    require(
        session is None or not session.doses,
        "session_in_progress",
        "Drug was given in this cycle; the next approval follows its integration.",
    )
    _require_within_terms(state, command)
    number = 1 if state.approval is None else state.approval.number + 1
    approval = Approval(
        id=f"A{number}",
        number=number,
        route=command.route,
        setting=command.setting,
        max_dose_mg=command.max_dose_mg,
        sessions=command.sessions,
        approved_by=command.actor.id,
        approved_at=at,
        valid_until=end_of_local_day(at, command.valid_days, state.zone),
        consent_version=state.protocol.consent_version,
        protocol_version=state.protocol.name,
    )
    return [DosingApproved(approval=approval, supersedes=state.approval.id if state.approval else None)]


def _require_within_terms(state: Pathway, command: ApproveDosing) -> None:
    limits = state.protocol.routes.get(command.route)
    treatment = state.protocol.treatment(state.treatment)
    if limits is None or command.route not in treatment.drug_routes:
        raise Refused("route_not_allowed", "This route of administration does not belong to the treatment.", "route")
    require(
        command.setting in limits.settings and command.setting in treatment.settings,
        "setting_not_allowed",
        "The protocol does not allow this route in this setting.",
        "setting",
    )
    most = (treatment.max_session_mg or limits.max_session_mg).value
    require(
        command.max_dose_mg <= most,
        "dose_above_protocol",
        "The dose exceeds the protocol's limit for this route.",
        "max_dose_mg",
        limit_mg=most,
    )
    terms = state.protocol.approval.first if state.sessions_given == 0 else state.protocol.approval.later
    require(
        command.sessions <= terms.sessions.value,
        "too_many_sessions",
        "The protocol allows fewer sessions in this approval.",
        "sessions",
        limit=terms.sessions.value,
    )
    require(
        command.valid_days <= terms.valid_days.value,
        "validity_too_long",
        "The protocol lets this approval last for fewer days.",
        "valid_days",
        limit=terms.valid_days.value,
    )


def revoke_approval(state: Pathway, command: RevokeApproval, at: datetime) -> list[Fact]:
    """Of the approval in force, named by its id, so that a late click cannot hit a newer one."""
    del at
    approval = state.approval
    known = approval is not None and approval.id == command.approval_id
    require(known, "approval_unknown", "This is not the pathway's latest approval.", "approval_id")
    stands = approval is not None and approval.status is ApprovalStatus.IN_FORCE
    require(stands, "approval_not_in_force", "The approval is not in force any more.", "approval_id")
    return [ApprovalRevoked(approval_id=command.approval_id)]


def dosing_approved(state: Pathway, fact: DosingApproved, at: datetime) -> dict[str, Any]:
    """The approval takes the place of the one before; a physician who approves anew has judged the hold."""
    judged = {"hold": None, "hold_ended_at": at} if state.hold is not None else {}
    return {"approval": fact.approval, **judged}


def approval_revoked(state: Pathway, fact: ApprovalRevoked, at: datetime) -> dict[str, Any]:
    """It carries no dose any more."""
    del fact, at
    return _with_status(state, ApprovalStatus.REVOKED)


def approval_expired(state: Pathway, fact: ApprovalExpired, at: datetime) -> dict[str, Any]:
    """It carries no dose any more, whatever sessions are left."""
    del fact, at
    return _with_status(state, ApprovalStatus.EXPIRED)


def _with_status(state: Pathway, status: ApprovalStatus) -> dict[str, Any]:
    if state.approval is None:
        return {}
    return {"approval": state.approval.model_copy(update={"status": status})}
