"""Contradictions about treatments, routes, approvals and supply."""

from collections.abc import Iterator

from schemas.protocol.checks.problem import Problem, rising, unless
from schemas.protocol.document import Protocol
from schemas.protocol.dosing import RouteLimits, Series
from schemas.treatment import DrugRoute

HOURS_A_WEEK = 7 * 24


def problems(protocol: Protocol) -> Iterator[Problem]:
    """What may be given, where, how much and how often."""
    yield from _series(protocol.series, "series")
    for treatment, rules in protocol.treatments.items():
        path = f"treatments.{treatment}"
        if rules.series is not None:
            yield from _series(rules.series, f"{path}.series")
        for route in rules.drug_routes:
            limits = protocol.routes[route]
            there = set(limits.settings) & set(rules.settings)
            yield from unless(there, f"{path}.drug_routes", f"By {route} it is given in none of its settings.")
            if rules.max_session_mg is not None:
                most, start = rules.max_session_mg.value, limits.start_mg
                above = most <= limits.max_session_mg.value
                yield from unless(above, f"{path}.max_session_mg", f"It is above the limit of the route {route}.")
                below = start is None or start.value <= most
                yield from unless(below, f"{path}.max_session_mg", f"It is below the start dose of {route}.")
                least = rules.least_session_mg
                fits = least is None or least.value <= most
                yield from unless(fits, f"{path}.least_session_mg", "It is above max_session_mg.")
        for setting in rules.settings:
            given = any(setting in protocol.routes[route].settings for route in rules.drug_routes)
            yield from unless(given, f"{path}.settings", f"By none of its routes it is given in the setting {setting}.")
    for route, limits in protocol.routes.items():
        yield from _route(protocol, route, limits)
    yield from _approvals(protocol)
    yield from _referral(protocol)
    if protocol.supply is not None:
        stages = [stage.value for stage in protocol.supply.stages]
        yield from rising(stages, "supply.stages", strictly=False)
        yield from unless(min(stages) >= 1, "supply.stages", "A release holds at least one dose.")


def _series(series: Series, path: str) -> Iterator[Problem]:
    most, gap = series.max_sessions_per_week, series.min_hours_between_doses.value
    yield from unless(series.sessions.value >= 1, f"{path}.sessions", "A series has at least one session.")
    if most is not None:
        yield from unless(most.value >= 1, f"{path}.max_sessions_per_week", "It allows no session at all.")
        fits = (most.value - 1) * gap < HOURS_A_WEEK
        sentence = "So many do not fit into a week with the least interval between doses."
        yield from unless(fits, f"{path}.max_sessions_per_week", sentence)


def _route(protocol: Protocol, route: DrugRoute, limits: RouteLimits) -> Iterator[Problem]:
    path = f"routes.{route}"
    yield from unless(limits.settings, f"{path}.settings", "It is given nowhere.")
    yield from unless(limits.max_session_mg.value > 0, f"{path}.max_session_mg", "It allows no dose at all.")
    yield from unless(limits.observation_min.value > 0, f"{path}.observation_min", "Nobody would be observed.")
    for less, more in (
        ("start_mg", "max_session_mg"),
        ("step_mg", "max_session_mg"),
        ("start_mg_per_kg", "max_mg_per_kg"),
        ("step_mg_per_kg", "max_mg_per_kg"),
        ("least_session_mg", "start_mg"),
        ("least_session_mg", "max_session_mg"),
        ("least_mg_per_kg", "start_mg_per_kg"),
        ("least_mg_per_kg", "max_mg_per_kg"),
        ("start_mg_per_kg", "soft_max_mg_per_kg"),
        ("soft_max_mg_per_kg", "max_mg_per_kg"),
    ):
        low, high = getattr(limits, less), getattr(limits, more)
        fits = low is None or high is None or low.value <= high.value
        yield from unless(fits, f"{path}.{less}", f"It is above {more}.")
    readings = {"vitals_at_min": limits.vitals_at_min}
    readings |= {f"vitals_at_min_in.{setting}": minutes for setting, minutes in limits.vitals_at_min_in.items()}
    for name, minutes in readings.items():
        yield from unless(minutes, f"{path}.{name}", "Nothing would be measured after a dose.")
        yield from rising(minutes, f"{path}.{name}")
        observed = not minutes or minutes[-1] <= limits.observation_min.value
        yield from unless(observed, f"{path}.{name}", "A reading is due after the observation is over.")
    for setting in limits.vitals_at_min_in:
        known = setting in limits.settings
        yield from unless(known, f"{path}.vitals_at_min_in.{setting}", "By this route nothing is given there.")
    by_weight = limits.max_mg_per_kg is not None or limits.start_mg_per_kg is not None
    weighed = protocol.eligibility is None or route in protocol.eligibility.weighed_routes
    sentence = f"{route} has limits by weight and is not among them."
    yield from unless(weighed or not by_weight, "eligibility.weighed_routes", sentence.capitalize())
    if protocol.booster is not None:
        closes = protocol.booster.closes_min.value <= limits.observation_min.value
        yield from unless(closes, "booster.closes_min", f"It lies outside the observation after a dose by {route}.")


def _approvals(protocol: Protocol) -> Iterator[Problem]:
    approval = protocol.approval
    for name, terms in (("first", approval.first), ("later", approval.later)):
        yield from unless(terms.sessions.value >= 1, f"approval.{name}.sessions", "It approves no session.")
        yield from unless(terms.valid_days.value >= 1, f"approval.{name}.valid_days", "It would end at once.")
        cap = approval.absolute_max_days
        lawful = cap is None or terms.valid_days.value <= cap.value
        yield from unless(lawful, f"approval.{name}.valid_days", "It is longer than absolute_max_days allows by law.")
    if protocol.booster is not None:
        in_order = protocol.booster.opens_min.value < protocol.booster.closes_min.value
        yield from unless(in_order, "booster.closes_min", "The time of the booster closes before it opens.")


def _referral(protocol: Protocol) -> Iterator[Problem]:
    for code, indication in protocol.referral.indications.items() if protocol.referral is not None else ():
        for treatment in indication.treatments:
            known = treatment in protocol.treatments
            path = f"referral.indications.{code}.treatments"
            yield from unless(known, path, f"The protocol has no treatment {treatment}.")
