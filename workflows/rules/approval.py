"""Rules of the dosing approval. Only physicians approve; time and changed facts only take away."""

from datetime import datetime
from typing import Any

from schemas.commands import (
    ApproveDosing,
    CountersignDosing,
    RevokeApproval,
)
from schemas.facts import (
    ApprovalExpired,
    ApprovalRevoked,
    ApprovalSuspended,
    DosingApproved,
    DosingCountersigned,
    Fact,
)
from schemas.pathway import Pathway
from schemas.treatment import Approval, ApprovalStatus, Setting
from schemas.work import WorkKind
from workflows.rules.calendar import end_of_local_day
from workflows.rules.consents.signing import require_consented
from workflows.rules.consents.standing import bound_consents
from workflows.rules.credentials import require_prescriber
from workflows.rules.dose_limits import (
    agreed,
    most_alone,
    most_in_session,
    require_offered,
    usual_from,
    weight_for,
)
from workflows.rules.follow_up import require_seen_again
from workflows.rules.preparation import require_open_series
from workflows.rules.refusing import Refused, require
from workflows.rules.regulation import require_lawful, require_looked_up, warnings
from workflows.rules.screening.standing import kept_from_home, require_screened
from workflows.rules.standing import cautions

COMPARED = ("route", "setting", "max_dose_mg", "max_single_mg", "booster_mg", "sessions", "state_of_dosing")
"""What a physician decides anew in each approval, and a reader of two versions wants to see compared."""


REQUESTS = (WorkKind.APPROVE_DOSING, WorkKind.REVIEW_SUSPENDED_APPROVAL, WorkKind.REVIEW_HOLD)
"""Work that a new approval answers."""


def approve_dosing(state: Pathway, command: ApproveDosing, at: datetime) -> list[Fact]:
    """Within the protocol's terms: the first ones until a session was held under an approval, then the later ones."""
    require_open_series(state)
    session = state.cycle.session
    require(
        session is None or not session.doses,
        "session_in_progress",
        "Drug was given in this cycle; the next approval follows its integration.",
    )
    if command.request_id is not None:
        asked = any(item.id == command.request_id and item.kind in REQUESTS for item in state.work)
        require(asked, "request_closed", "No such request for an approval is open; look at what is owed.", "request_id")
    require(
        state.approval is None or _is_answer(state, command),
        "request_missing",
        "Nobody waits for an approval; name the version of the pathway that was looked at.",
        "expected_version",
    )
    require_screened(state)
    require_seen_again(state, at)
    kg = _require_within_limits(state, command, at)
    _require_within_terms(state, command)
    require_looked_up(state, command.pdmp_checked)
    where = command.state_of_dosing or state.residence
    require_lawful(state, command.setting, where, at)
    require_prescriber(state, command.actor.id, where, at)
    alone, least = most_alone(state, command.route, kg), usual_from(state, command.route, kg)
    unusual = least is not None and command.max_dose_mg < least
    require(command.reason or not unusual, "reason_required", "So small a dose is unusual; say why.", "reason")
    approval = _bound(state, command, at, kg)
    if unusual:
        approval = approval.model_copy(update={"warnings": (*(approval.warnings or ()), "dose_below_usual")})
    if alone is not None and command.max_dose_mg > alone:
        require(command.reason, "reason_required", "So large a step needs a reason and a second prescriber.", "reason")
        approval = approval.model_copy(update={"status": ApprovalStatus.PROPOSED})
    return [
        DosingApproved(
            approval=approval,
            supersedes=state.approval.id if state.approval else None,
            changes=_changes(state.approval, approval),
            pdmp_checked=command.pdmp_checked,
            conditions=command.conditions,
        )
    ]


def _is_answer(state: Pathway, command: ApproveDosing) -> bool:
    """Whether it takes the place of an approval knowingly, so that a late click cannot supersede a newer one."""
    named = command.request_id is not None or command.expected_version is not None
    return named or any(item.kind in REQUESTS for item in state.work)


def _bound(state: Pathway, command: ApproveDosing, at: datetime, kg: float | None) -> Approval:
    """The approval with everything that it is bound to as of now."""
    number = 1 if state.approval is None else state.approval.number + 1
    approval = Approval(
        id=f"A{number}",
        number=number,
        treatment=state.treatment,
        route=command.route,
        setting=command.setting,
        max_dose_mg=command.max_dose_mg,
        max_single_mg=command.max_single_mg,
        booster_mg=command.booster_mg,
        sessions=command.sessions,
        approved_by=command.actor.id,
        approved_at=at,
        valid_until=end_of_local_day(at, command.valid_days, state.zone),
        protocol_version=state.protocol.name,
        weight_kg=kg if kg is not None or state.screening.weight is None else state.screening.weight.kg,
        agreed_mg=agreed(state.approval, command.route),
        medications_digest=state.screening.medications.digest,
        state_of_dosing=command.state_of_dosing or state.residence,
        residence=state.residence,
        consents=bound_consents(state, command.setting, command.route),
        conditions=tuple(command.conditions) if command.conditions else None,
    )
    return approval.model_copy(update={"warnings": (*warnings(state, approval, at), *cautions(state)) or None})


def _changes(before: Approval | None, after: Approval) -> tuple[str, ...] | None:
    if before is None:
        return None
    return tuple(name for name in COMPARED if getattr(before, name) != getattr(after, name))


def _require_within_limits(state: Pathway, command: ApproveDosing, at: datetime) -> float | None:
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
    away = kept_from_home(state) if command.setting is Setting.HOME else ()
    require(
        not away,
        "not_low_risk",
        "At home only patients of low risk are treated; this one is treated in the clinic.",
        "setting",
        conditions=", ".join(away),
    )
    require_consented(state, command.setting, command.route)
    kg = weight_for(state, limits, at)
    most = most_in_session(state, limits, kg)
    for name in ("max_dose_mg", "max_single_mg", "booster_mg"):
        asked = getattr(command, name)
        above = asked is not None and asked > most
        require(not above, "dose_above_protocol", "The dose exceeds the protocol's limit.", name, limit_mg=most)
    for name in ("max_single_mg", "booster_mg"):
        asked = getattr(command, name)
        fits = asked is None or asked <= command.max_dose_mg
        require(fits, "dose_above_session", "This exceeds what is asked for the whole session.", name)
    require_offered(state, command, limits)
    return kg


def _require_within_terms(state: Pathway, command: ApproveDosing) -> None:
    rules = state.protocol.approval
    terms = rules.first if state.sessions_given == 0 else rules.later
    require(
        command.sessions <= terms.sessions.value,
        "too_many_sessions",
        "The protocol allows fewer sessions in this approval.",
        "sessions",
        limit=terms.sessions.value,
    )
    days = [terms.valid_days.value]
    if rules.absolute_max_days is not None:
        days.append(rules.absolute_max_days.value)
    require(
        command.valid_days <= min(days),
        "validity_too_long",
        "The protocol lets this approval last for fewer days.",
        "valid_days",
        limit=min(days),
    )


def countersign_dosing(state: Pathway, command: CountersignDosing, at: datetime) -> list[Fact]:
    """By another physician than the one who proposed, before the proposal ends."""
    approval = latest_named(state, command.approval_id)
    require(
        approval.status is ApprovalStatus.PROPOSED and at < approval.valid_until,
        "approval_not_proposed",
        "This approval does not wait for a second prescriber.",
        "approval_id",
    )
    require(
        command.actor.id != approval.approved_by,
        "second_prescriber_needed",
        "A second prescriber is somebody else.",
        "actor.id",
    )
    require_prescriber(state, command.actor.id, approval.state_of_dosing or state.residence, at)
    return [DosingCountersigned(approval_id=approval.id, countersigned_by=command.actor.id)]


def revoke_approval(state: Pathway, command: RevokeApproval, at: datetime) -> list[Fact]:
    """Of the approval in force, named by its id, so that a late click cannot hit a newer one."""
    del at
    approval = latest_named(state, command.approval_id)
    stands = approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED)
    require(stands, "approval_not_in_force", "The approval is not in force any more.", "approval_id")
    return [ApprovalRevoked(approval_id=command.approval_id)]


def latest_named(state: Pathway, approval_id: str) -> Approval:
    """The latest approval, which has to be the one that is named.

    Raises:
        Refused: ``approval_unknown``.
    """
    if state.approval is None or state.approval.id != approval_id:
        raise Refused("approval_unknown", "This is not the pathway's latest approval.", "approval_id")
    return state.approval


def dosing_approved(state: Pathway, fact: DosingApproved, at: datetime) -> dict[str, Any]:
    """The approval takes the place of the one before; with one that counts the hold is judged, not with a proposal."""
    proposed = fact.approval.status is ApprovalStatus.PROPOSED
    former = ended(state.approval, at).get("approval")
    return {"approval": fact.approval, "former_approval": former, **({} if proposed else _hold_judged(state, at))}


def _hold_judged(state: Pathway, at: datetime) -> dict[str, Any]:
    return {"hold": None, "hold_ended_at": at} if state.hold is not None else {}


def dosing_countersigned(state: Pathway, fact: DosingCountersigned, at: datetime) -> dict[str, Any]:
    """It counts from now: nothing given before was covered by it."""
    counts = changed(state, status=ApprovalStatus.IN_FORCE, countersigned_by=fact.countersigned_by, approved_at=at)
    return {**counts, **_hold_judged(state, at)}


def approval_suspended(state: Pathway, fact: ApprovalSuspended, at: datetime) -> dict[str, Any]:
    """It carries no dose any more, and never will again."""
    status = {"status": ApprovalStatus.SUSPENDED, "suspended_for": fact.reasons}
    return ended(state.approval, fact.since or at, **status)


def approval_revoked(state: Pathway, fact: ApprovalRevoked, at: datetime) -> dict[str, Any]:
    """It carries no dose any more."""
    del fact
    return ended(state.approval, at, status=ApprovalStatus.REVOKED)


def approval_expired(state: Pathway, fact: ApprovalExpired, at: datetime) -> dict[str, Any]:
    """It carries no dose any more, whatever sessions are left."""
    del fact
    until = state.approval.valid_until if state.approval is not None else at
    return ended(state.approval, until, status=ApprovalStatus.EXPIRED)


def ended(approval: Approval | None, at: datetime, **changes: Any) -> dict[str, Any]:
    """The change of state that ends an approval, if it has not ended before. A mere proposal never carried a dose."""
    if approval is None:
        return {}
    never = approval.status is ApprovalStatus.PROPOSED
    before = at if approval.ended_at is None else min(at, approval.ended_at)
    return {"approval": approval.model_copy(update={"ended_at": approval.approved_at if never else before, **changes})}


def changed(state: Pathway, **changes: Any) -> dict[str, Any]:
    """The change of state that changes the approval, where there is one."""
    return {"approval": state.approval.model_copy(update=changes)} if state.approval is not None else {}
