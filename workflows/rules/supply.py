"""Rules of the supply at home: released in stages by a physician, counted by those who see it."""

from datetime import datetime
from typing import Any

from schemas.commands import CountSupply, ReleaseSupply, ReviewSupply
from schemas.facts import Fact, SupplyCounted, SupplyReleased, SupplyReviewed
from schemas.measures import Span
from schemas.pathway import Pathway
from schemas.supply import Supply, SupplyChange, SupplyEntry
from schemas.treatment import Approval, ApprovalStatus, Setting
from workflows.rules.consents.signing import require_consented
from workflows.rules.consents.standing import planned
from workflows.rules.credentials import require_prescriber
from workflows.rules.gate import consents, enrolment, regulation, risk, safety, screening, team
from workflows.rules.preparation import require_open_series
from workflows.rules.refusing import Refused, require

ON_HOLD = (
    enrolment.checks,
    consents.checks,
    screening.checks,
    safety.checks,
    risk.checks,
    regulation.checks,
    team.checks,
)
"""Checks of a dose without which nothing is sent either."""


def release_supply(state: Pathway, command: ReleaseSupply, at: datetime) -> list[Fact]:
    """Under an approval for the home, after the report on the doses before, while nothing stands against a dose."""
    require_open_series(state)
    require_consented(state, *planned(state))
    approval = _approval_for_home(state, command.approval_id, at)
    held = state.hold is not None
    require(not held, "supply_on_hold", "Something stands in the way of a dose.", check="no_hold")
    for checks in ON_HOLD:
        for check in checks(state, at, None):
            require(check.passed, "supply_on_hold", "Something stands in the way of a dose.", check=check.name)
    require_prescriber(state, command.actor.id, approval.state_of_dosing or state.residence, at)
    _require_reported(state, at)
    _require_within_stage(state, command, approval)
    require(
        command.pdmp_checked,
        "pdmp_not_checked",
        "The prescription drug monitoring programme is looked up before each release.",
        "pdmp_checked",
    )
    early = state.supply.on_hand() > 0
    require(not early or command.reason, "reason_required", "Doses are still there; this needs a reason.", "reason")
    return [SupplyReleased(approval_id=approval.id, doses=command.doses, pdmp_checked=True, early=early)]


def _approval_for_home(state: Pathway, approval_id: str, at: datetime) -> Approval:
    approval = state.approval
    if approval is None or approval.id != approval_id:
        raise Refused("approval_unknown", "This is not the pathway's latest approval.", "approval_id")
    stands = approval.status is ApprovalStatus.IN_FORCE and at < approval.valid_until
    require(stands, "approval_not_in_force", "The approval is not in force.", "approval_id")
    require(approval.setting is Setting.HOME, "not_for_home", "The approval is not for the home.", "approval_id")
    met = not approval.unconfirmed()
    require(met, "supply_on_hold", "Something stands in the way of a dose.", check="approval_conditions_met")
    return approval


def _require_reported(state: Pathway, at: datetime) -> None:
    """The session before is over, its check-ins are answered, and what is left was counted and is accounted for."""
    session, supply = state.cycle.session, state.supply
    waiting = any(one.due_at <= at for one in state.checkins.open)
    reported = (session is None or not session.doses) and not waiting
    require(reported, "report_missing", "The report on the session before comes first.")
    counted = supply.is_counted(SupplyChange.USED) and supply.is_counted(SupplyChange.RELEASED)
    require(counted, "supply_not_counted", "The doses at home have to be counted first.")
    require(supply.unaccounted_since is None, "supply_unaccounted", "A count differs, and no physician judged it yet.")


def _require_within_stage(state: Pathway, command: ReleaseSupply, approval: Approval) -> None:
    rules, supply = state.protocol.supply, state.supply
    if rules is None:
        raise Refused("no_home_supply", "The protocol knows no supply for the home.")
    released = [entry for entry in supply.entries if entry.change is SupplyChange.RELEASED]
    most = rules.stages[min(len(released), len(rules.stages) - 1)].value
    require(command.doses <= most, "too_many_doses", "This stage allows fewer doses.", "doses", limit=most)
    left = approval.sessions - approval.sessions_used - supply.on_hand()
    require(
        command.doses <= left, "more_than_sessions_left", "The approval covers fewer sessions.", "doses", limit=left
    )
    refills = sum(entry.approval_id == approval.id for entry in released)
    require(
        refills <= rules.max_refills.value,
        "too_many_refills",
        "The approval was refilled as often as the law allows.",
        limit=rules.max_refills.value,
    )


def count_supply(state: Pathway, command: CountSupply, at: datetime) -> list[Fact]:
    """Once something was released."""
    released = state.supply.last(SupplyChange.RELEASED, at)
    require(released, "no_supply", "Nothing was released to this home until then.")
    return [SupplyCounted(doses=command.doses, expected=state.supply.on_hand(at))]


def review_supply(state: Pathway, command: ReviewSupply, at: datetime) -> list[Fact]:
    """While a difference waits."""
    del command, at
    require(state.supply.unaccounted_since, "supply_accounted_for", "No count waits for a judgement.")
    return [SupplyReviewed()]


def is_to_be_reconciled(state: Pathway) -> bool:
    """Whether doses are at home that nobody may take now, and nobody has counted since."""
    if state.supply.on_hand() <= 0:
        return False
    counted, approval = state.supply.last(SupplyChange.COUNTED), state.approval
    if state.ending is not None:
        declined_at = state.checkins.declined_at
        declined = declined_at is not None and declined_at >= state.ending.at
        return not declined and (counted is None or counted.at < state.ending.at)
    if approval is None or approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED):
        return False
    known = (counted.approval_id, counted.approval_status) if counted is not None else None
    return known != (approval.id, approval.status.value)


def supply_released(state: Pathway, fact: SupplyReleased, at: datetime) -> dict[str, Any]:
    """On its way, and then there."""
    entry = SupplyEntry(at=at, change=SupplyChange.RELEASED, doses=fact.doses, approval_id=fact.approval_id)
    return {"supply": _with(state.supply, entry)}


def supply_counted(state: Pathway, fact: SupplyCounted, at: datetime) -> dict[str, Any]:
    """What was found counts; a difference waits for a physician."""
    approval = state.approval
    entry = SupplyEntry(
        at=at,
        change=SupplyChange.COUNTED,
        doses=fact.doses,
        approval_id=approval.id if approval else None,
        approval_status=approval.status.value if approval else None,
    )
    supply = _with(state.supply, entry)
    if fact.doses != fact.expected:
        since = at if supply.unaccounted_since is None else min(at, supply.unaccounted_since)
        supply = supply.model_copy(update={"unaccounted_since": since})
    return {"supply": supply}


def supply_reviewed(state: Pathway, fact: SupplyReviewed, at: datetime) -> dict[str, Any]:
    """The difference is accounted for, from now on."""
    del fact
    supply = state.supply
    if supply.unaccounted_since is None:
        return {}
    span = Span(since=supply.unaccounted_since, until=at)
    return {"supply": supply.model_copy(update={"unaccounted_since": None, "accounted": (*supply.accounted, span)})}


def after_dose(state: Pathway, given_at: datetime) -> Supply:
    """The first drug of a session at home takes one dose from there."""
    session = state.cycle.session
    if state.protocol.supply is None or session is None or session.setting is not Setting.HOME or session.doses:
        return state.supply
    return _with(state.supply, SupplyEntry(at=given_at, change=SupplyChange.USED, doses=1))


def _with(supply: Supply, entry: SupplyEntry) -> Supply:
    entries = sorted((*supply.entries, entry), key=lambda one: one.at)
    return supply.model_copy(update={"entries": tuple(entries)})
