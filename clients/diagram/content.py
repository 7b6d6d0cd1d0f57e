"""What the picture says: a protocol's numbers in short lines, under the step of the course that they belong to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from schemas.protocol import HomeRule, Protocol, Quantity
from schemas.protocol.work import Ladder
from schemas.treatment import DrugRoute, TreatmentRoute
from schemas.work import WorkKind


class Box(NamedTuple):
    """A step of the course and what the protocol says of it."""

    title: str
    lines: list[str]
    decisive: bool = False
    """Whether a physician decides there on the dose."""


def said(quantity: Quantity) -> str:
    """A number with its unit."""
    return f"{quantity.value:g} {quantity.unit}"


def words(code: str) -> str:
    """A code as words."""
    return code.replace("_", " ")


def listed(codes: object) -> str:
    """Codes as words, one after another."""
    return ", ".join(words(str(code)) for code in codes) if isinstance(codes, tuple | list | dict | set) else ""


def before(protocol: Protocol) -> list[Box]:
    """What comes before the first cycle, on every treatment route."""
    return [
        Box("Referral", list(_referral(protocol))),
        Box("Screening", list(_screening(protocol))),
        Box("Tests", list(_tests(protocol))),
        Box("Consent", [*map(words, protocol.consent_kinds), _owed(protocol, WorkKind.RECORD_CONSENT)]),
        Box("Law", list(_law(protocol))),
    ]


def cycle(protocol: Protocol, treatment: TreatmentRoute) -> list[Box]:
    """The cycle of a treatment route."""
    rules = protocol.treatment(treatment)
    boxes = [Box("Dosing approval", list(_approval(protocol, treatment)), decisive=True)]
    boxes.append(Box("Session", list(_session(protocol, treatment))))
    if rules.psychotherapy:
        note = ["the therapist's signed note, before each session"]
        boxes.insert(0, Box("Preparation", [*note, _owed(protocol, WorkKind.SIGN_PREPARATION_NOTE)]))
        window = protocol.integration
        boxes.append(
            Box(
                "Integration",
                [
                    f"{window.window_opens_h.value:g} to {said(window.window_closes_h)} after the drug",
                    f"at the latest after {said(window.hard_limit_days)}",
                    f"next dose {said(window.min_hours_before_next_dose)} after it or later",
                    "blocks the next dose until the note is signed",
                ],
            )
        )
    return boxes


def heading(protocol: Protocol, treatment: TreatmentRoute) -> str:
    """A treatment route with its series."""
    rules, series = protocol.treatment(treatment), protocol.series_of(treatment)
    text = f"{rules.title}: {said(series.sessions)}, {said(series.min_hours_between_doses)} or more between doses"
    if series.max_sessions_per_week is not None:
        text += f", at most {series.max_sessions_per_week.value:g} a week"
    for later in series.later:
        text += f", {later.max_sessions_per_week.value:g} after {said(later.after_weeks)}"
    return f"{text}; {listed(rules.settings)}"


def after(protocol: Protocol) -> list[Box]:
    """What follows a session and the series, and how open work is raised."""
    return [
        Box("Check-ins", list(_checkins(protocol))),
        Box("Sign of suicide risk", list(_risk(protocol))),
        Box("Follow-up", list(_follow_up(protocol))),
        Box("Open work is raised", list(_ladders(protocol))),
    ]


def _owed(protocol: Protocol, kind: WorkKind) -> str:
    rule = protocol.work_rule(kind)
    return f"owed by the {rule.owner} within {_span(rule.due_h, rule.due_min)}"


def _referral(protocol: Protocol) -> Iterator[str]:
    if protocol.referral is not None:
        yield f"{len(protocol.referral.indications)} indications; outside them a physician accepts, with a reason"
    yield _owed(protocol, WorkKind.ACCEPT_REFERRAL)


def _screening(protocol: Protocol) -> Iterator[str]:
    rules = protocol.eligibility
    if rules is not None:
        yield f"from {said(rules.min_age_years)} on"
        yield f"{len(rules.absolute)} absolute contraindications"
        yield f"{len(rules.relative)} relative ones, each cleared by a physician"
    if protocol.medications is not None:
        yield f"{len(protocol.medications.classes)} classes of medications; what is unknown goes to a physician"
    if protocol.instruments is not None:
        yield f"baseline: {listed(protocol.instruments.baseline)}"
    yield _owed(protocol, WorkKind.DECIDE_SCREENING)


def _tests(protocol: Protocol) -> Iterator[str]:
    rules = protocol.eligibility
    for test, lab in rules.labs.items() if rules is not None else ():
        first, later = lab.valid_days_first_dose, lab.valid_days_later
        often = f", or {said(lab.every_sessions)}" if lab.every_sessions is not None else ""
        good = said(first) if first.value == later.value else f"{first.value:g} d, later {later.value:g} d"
        yield f"{words(test)}: {good}{often}"
    if rules is not None:
        yield f"weight: {said(rules.weight_valid_days)}"


def _law(protocol: Protocol) -> Iterator[str]:
    rules = protocol.regulation
    if rules is None:
        return
    warned = said(rules.telemedicine.warn_days_before)
    yield f"telemedicine until {rules.telemedicine.until:%d %b %Y}, warned {warned} before"
    for home, text in ((HomeRule.ALLOWED, "at home"), (HomeRule.IN_PERSON_FIRST, "in person first")):
        states = [state for state, rule in rules.states.items() if rule.home is home]
        if states:
            yield f"{text}: {', '.join(states)}"
    yield "any other state: not at home"


def _approval(protocol: Protocol, treatment: TreatmentRoute) -> Iterator[str]:
    terms, rules = protocol.approval, protocol.treatment(treatment)
    yield "by a physician; silence approves nothing"
    for name, one in (("first", terms.first), ("later", terms.later)):
        yield f"{name}: up to {said(one.sessions)} in {said(one.valid_days)}"
    if terms.absolute_max_days is not None:
        yield f"never longer than {said(terms.absolute_max_days)}"
    for route in rules.drug_routes:
        yield _limits(protocol, treatment, route)
    if terms.acknowledged_by_h is not None:
        yield f"dose plan read within {said(terms.acknowledged_by_h)}"


def _limits(protocol: Protocol, treatment: TreatmentRoute, route: DrugRoute) -> str:
    limits = protocol.routes[route]
    most = protocol.treatment(treatment).max_session_mg or limits.max_session_mg
    text = f"{route}: at most {said(most)}"
    if limits.max_mg_per_kg is not None:
        text += f" and {said(limits.max_mg_per_kg)}"
    start, step = limits.start_mg or limits.start_mg_per_kg, limits.step_mg or limits.step_mg_per_kg
    text += f", start {said(start)}" if start is not None else ""
    return text + (f", step {said(step)}" if step is not None else "")


def _session(protocol: Protocol, treatment: TreatmentRoute) -> Iterator[str]:
    rules = protocol.treatment(treatment)
    yield f"check-in from {said(protocol.session.checkin_opens_min)} before"
    yield f"vital signs of the last {said(protocol.vitals.valid_min)}"
    for route in rules.drug_routes:
        yield f"{route}: observed for {said(protocol.routes[route].observation_min)}"
    if protocol.booster is not None and any(protocol.routes[route].booster for route in rules.drug_routes):
        yield f"booster {protocol.booster.opens_min.value:g} to {said(protocol.booster.closes_min)} after the first"
    if rules.rems_form_due_days is not None:
        yield f"monitoring form within {said(rules.rems_form_due_days)}"


def _checkins(protocol: Protocol) -> Iterator[str]:
    rules = protocol.checkins
    if rules is None:
        return
    for kind, rule in rules.after_session.items():
        asked = f": {listed(rule.measures)}" if rule.measures else ""
        yield f"{words(kind)}, {rule.opens_h.value:g} to {said(rule.due_h)} after the drug{asked}"
    yield f"after the series: day {', '.join(f'{day.value:g}' for day in rules.long_term.days)}"
    call, welfare = said(rules.missed.human_call_h), said(rules.missed.welfare_decision_h)
    yield f"unanswered: a human calls after {call}, a clinician decides after {welfare}"


def _risk(protocol: Protocol) -> Iterator[str]:
    if protocol.instruments is None:
        return
    rules = protocol.instruments.risk
    yield "blocks the dose until two clinicians clear it"
    yield f"screener finished within {said(rules.assess_min)}, or it counts as high"
    yield f"high: acknowledged within {said(rules.acknowledge_high_min)}, contact within {said(rules.contact_high_min)}"
    moderate = f"{said(rules.acknowledge_moderate_min)}, contact within {said(rules.contact_moderate_h)}"
    yield f"moderate: acknowledged within {moderate}"


def _follow_up(protocol: Protocol) -> Iterator[str]:
    if protocol.follow_up is not None:
        rules = protocol.follow_up
        yield f"{said(rules.further_sessions)} more at once"
        yield f"maintenance every {rules.maintenance_min_days.value:g} to {said(rules.maintenance_max_days)}"
    if protocol.approval.reevaluate_after_days is not None:
        yield f"seen anew after {said(protocol.approval.reevaluate_after_days)} without a session"
    yield _owed(protocol, WorkKind.RECORD_OUTCOME)


def _ladders(protocol: Protocol) -> Iterator[str]:
    yield _ladder(protocol.ladder)
    for priority, ladder in protocol.ladders.items():
        yield f"{priority}: {_ladder(ladder)}"
    for kind, rule in protocol.work.items():
        if rule.ladder is not None:
            yield f"{words(kind)}: {_ladder(rule.ladder)}"
    yield "time closes nothing"


def _ladder(ladder: Ladder) -> str:
    again = _span(ladder.repeat_every_h, ladder.repeat_every_min)
    return f"{', '.join(f'{step:g}' for step in ladder.steps_h)} h late, then every {again}"


def _span(hours: float, minutes: float) -> str:
    return " ".join(f"{number:g} {unit}" for number, unit in ((hours, "h"), (minutes, "min")) if number)
