"""How much a physician may approve, alone and with a second prescriber. Every number is the protocol's."""

from datetime import datetime, timedelta

from schemas.commands import ApproveDosing
from schemas.pathway import Pathway
from schemas.protocol import Quantity, RouteLimits
from schemas.treatment import Approval, DrugRoute
from workflows.rules.refusing import Refused, require

PER_CENT = 100


def weight_for(state: Pathway, limits: RouteLimits, at: datetime) -> float | None:
    """The weight in kilograms that a dose by this route goes by; None where it goes by none.

    Raises:
        Refused: It goes by weight, and none is known that is recent enough.
    """
    if limits.max_mg_per_kg is None and limits.start_mg_per_kg is None:
        return None
    weight, rules = state.screening.weight, state.protocol.eligibility
    recent = weight is not None and (
        rules is None or at - weight.measured_at <= timedelta(days=rules.weight_valid_days.value)
    )
    if weight is None or not recent:
        raise Refused("weight_missing", "This route goes by weight; the patient has to be weighed first.", "route")
    return weight.kg


def most_in_session(state: Pathway, limits: RouteLimits, kg: float | None) -> float:
    """The most milligrams that anybody may approve for one session."""
    treatment = state.protocol.treatment(state.treatment)
    caps = [(treatment.max_session_mg or limits.max_session_mg).value]
    if kg is not None and limits.max_mg_per_kg is not None:
        caps.append(limits.max_mg_per_kg.value * kg)
    return min(caps)


def usual_from(state: Pathway, route: DrugRoute, kg: float | None) -> float | None:
    """The milligrams below which a session's dose is unusual; None where the protocol names none."""
    limits, treatment = state.protocol.routes[route], state.protocol.treatment(state.treatment)
    return _milligrams(treatment.least_session_mg or limits.least_session_mg, limits.least_mg_per_kg, kg)


def offered(state: Pathway, limits: RouteLimits) -> tuple[float, ...]:
    """The only doses by a route that may be given next, in milligrams; empty where any may."""
    if limits.first_dose_mg is not None and state.sessions_given == 0:
        return (limits.first_dose_mg.value,)
    return tuple(dose.value for dose in limits.single_doses_mg or ())


def require_offered(state: Pathway, command: ApproveDosing, limits: RouteLimits) -> None:
    """A dose that there is, and no second one where the route has none."""
    doses = offered(state, limits)
    for name in ("max_dose_mg", "max_single_mg"):
        asked = getattr(command, name)
        known = not doses or asked is None or asked in doses
        there = ", ".join(f"{dose:g}" for dose in doses)
        require(known, "dose_not_offered", "By this route there are only certain doses.", name, doses=there)
    once = limits.booster or not command.booster_mg
    require(once, "no_booster", "By this route no second dose is given in a session.", "booster_mg")


def most_alone(state: Pathway, route: DrugRoute, kg: float | None) -> float | None:
    """The most milligrams that one physician may approve alone: a step from the start dose or what was agreed last.

    None where the protocol sets no step.
    """
    limits = state.protocol.routes[route]
    base = _milligrams(limits.start_mg, limits.start_mg_per_kg, kg)
    if base is not None:
        base = max(base, agreed(state.approval, route) or base)
    step = _milligrams(limits.step_mg, limits.step_mg_per_kg, kg)
    if base is None or step is None:
        return None
    if limits.step_percent is not None:
        step = min(step, base * limits.step_percent.value / PER_CENT)
    soft = _milligrams(None, limits.soft_max_mg_per_kg, kg)
    return base + step if soft is None else min(base + step, soft)


def agreed(approval: Approval | None, route: DrugRoute) -> float | None:
    """The most milligrams of the last approval that was used, or that two prescribers agreed to, by this route."""
    if approval is None or approval.route is not route:
        return None
    counts = approval.sessions_used or approval.countersigned_by is not None
    return approval.max_dose_mg if counts else approval.agreed_mg


def _milligrams(fixed: Quantity | None, per_kg: Quantity | None, kg: float | None) -> float | None:
    if fixed is not None:
        return fixed.value
    return per_kg.value * kg if per_kg is not None and kg is not None else None
