"""What happens to an approved dose plan before a dose: it is read, and its conditions are met."""

from datetime import datetime
from typing import Any

from schemas.actors import Role
from schemas.commands import AcknowledgeDosePlan, ConfirmCondition
from schemas.facts import ConditionConfirmed, DosePlanAcknowledged, Fact
from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from workflows.rules.approval import changed, latest_named
from workflows.rules.refusing import require


def confirm_condition(state: Pathway, command: ConfirmCondition, at: datetime) -> list[Fact]:
    """Of the approval that stands or is proposed, each once: a later approval sets its own."""
    del at
    approval = latest_named(state, command.approval_id)
    stands = approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED)
    require(stands, "approval_not_in_force", "The approval is not in force.", "approval_id")
    known = command.condition in (approval.conditions or ())
    require(known, "condition_unknown", "The approval has no such condition.", "condition")
    waits = command.condition in approval.unconfirmed()
    require(waits, "condition_already_confirmed", "This condition was confirmed before.", "condition")
    return [ConditionConfirmed(approval_id=approval.id, condition=command.condition)]


def acknowledge_dose_plan(state: Pathway, command: AcknowledgeDosePlan, at: datetime) -> list[Fact]:
    """Of the version that is in force: reading an older one says nothing about this one."""
    del at
    approval = latest_named(state, command.approval_id)
    stands = approval.status is ApprovalStatus.IN_FORCE
    require(stands, "approval_not_in_force", "The approval is not in force.", "approval_id")
    read = command.actor.role in approval.acknowledged
    require(not read, "already_acknowledged", "This version was acknowledged before.", "approval_id")
    return [DosePlanAcknowledged(approval_id=approval.id, role=command.actor.role)]


def readers(state: Pathway) -> tuple[Role, ...]:
    """Who has to read a dose plan before a dose is given under it; nobody under a protocol that does not ask."""
    if state.protocol.approval.acknowledged_by_h is None:
        return ()
    return (Role.THERAPIST, Role.PATIENT) if state.has_psychotherapy else (Role.PATIENT,)


def condition_confirmed(state: Pathway, fact: ConditionConfirmed, at: datetime) -> dict[str, Any]:
    """Met from now on."""
    approval = state.approval
    return changed(state, conditions_met={**(approval.conditions_met or {}), fact.condition: at}) if approval else {}


def dose_plan_acknowledged(state: Pathway, fact: DosePlanAcknowledged, at: datetime) -> dict[str, Any]:
    """Read."""
    approval = state.approval
    return changed(state, acknowledged={**approval.acknowledged, fact.role: at}) if approval else {}
