"""Contradictions about the course: screening, check-ins, work, dates and the sign-off."""

from collections.abc import Iterator
from datetime import date

from schemas.protocol.checks.problem import Problem, rising, unless
from schemas.protocol.document import Protocol
from schemas.protocol.work import Ladder
from schemas.treatment import HomeAttestation


def problems(protocol: Protocol) -> Iterator[Problem]:
    """What happens when, and who is told."""
    yield from _signature(protocol)
    kinds = protocol.consent_kinds
    yield from unless(len(set(kinds)) == len(kinds), "consent_kinds", "A consent is named twice.")
    unknown = set(protocol.session.home_attestation) - HomeAttestation.model_fields.keys()
    yield from unless(not unknown, "session.home_attestation", "It names something that nobody can attest.")
    opens = protocol.session.checkin_opens_min.value > 0
    yield from unless(opens, "session.checkin_opens_min", "Nobody could be checked in before the start.")
    yield from _screening(protocol)
    yield from _checkins(protocol)
    yield from _education(protocol)
    yield from _ladder(protocol.ladder, "ladder")
    for priority, ladder in protocol.ladders.items():
        yield from _ladder(ladder, f"ladders.{priority}")
    for kind, rule in protocol.work.items():
        path = f"work.{kind}"
        if rule.ladder is not None:
            yield from _ladder(rule.ladder, f"{path}.ladder")
        pressing = rule.priority is not None and rule.priority.is_pressing
        counted = not rule.business_days or (protocol.business_days is not None and not pressing)
        sentence = "Only what is not pressing waits for business days, and the protocol has to say which they are."
        yield from unless(counted, f"{path}.business_days", sentence)
        told = bool(rule.announced_to) is (rule.announced_by is not None)
        yield from unless(told, f"{path}.announced_to", "A message and those whom it is for belong together.")
        heard = rule.announced_by is not None or not rule.reminded
        yield from unless(heard, f"{path}.reminded", "Nobody is reminded of what was not announced.")


def _education(protocol: Protocol) -> Iterator[Problem]:
    known = set(protocol.referral.indications) if protocol.referral is not None else set()
    for name, topic in protocol.education.topics.items() if protocol.education is not None else ():
        path = f"education.topics.{name}"
        days = topic.after_days.value
        yield from unless(days >= 0 and days == int(days), f"{path}.after_days", "It is counted in whole days.")
        unknown = not known.issuperset(topic.indications)
        yield from unless(
            not unknown, f"{path}.indications", "It is for an indication that the protocol does not have."
        )


def _signature(protocol: Protocol) -> Iterator[Problem]:
    if protocol.signature is None:
        return
    try:
        signed_on = date.fromisoformat(protocol.signature.signed_on)
    except ValueError:
        yield Problem("signature.signed_on", "It is not a date as in 2026-11-30.")
        return
    regulation = protocol.regulation
    holds = regulation is None or signed_on <= regulation.telemedicine.until
    sentence = "The permission had ended when the protocol was signed."
    yield from unless(holds, "regulation.telemedicine.until", sentence)


def _screening(protocol: Protocol) -> Iterator[Problem]:
    rules = protocol.eligibility
    if rules is None:
        return
    ages = rules.min_age_years.value <= rules.ecg_age_years.value
    yield from unless(ages, "eligibility.ecg_age_years", "It is below the age from which anybody is treated.")
    for name in ("ecg_routes", "weighed_routes"):
        known = all(route in protocol.routes for route in getattr(rules, name))
        yield from unless(known, f"eligibility.{name}", "It names a route that the protocol does not have.")
    for test, lab in rules.labs.items():
        for name in ("valid_days_first_dose", "valid_days_later"):
            good = getattr(lab, name).value >= 1
            yield from unless(good, f"eligibility.labs.{test}.{name}", "A result would never be good.")
        often = lab.every_sessions is None or lab.every_sessions.value >= 1
        yield from unless(often, f"eligibility.labs.{test}.every_sessions", "It would always be due.")
    for code, group in protocol.medications.classes.items() if protocol.medications is not None else ():
        hold, better = group.hold_hours, group.hold_hours_preferred
        fits = better is None or (hold is not None and hold.value <= better.value)
        path = f"medications.classes.{code}.hold_hours_preferred"
        yield from unless(fits, path, "What is preferred is not less than what is asked for.")


def _checkins(protocol: Protocol) -> Iterator[Problem]:
    rules = protocol.checkins
    if rules is None:
        return
    days = [one.value for one in rules.long_term.days]
    yield from rising(days, "checkins.long_term.days")
    last = max(rule.due_h.value for rule in rules.after_session.values()) / 24
    yield from unless(days[0] > last, "checkins.long_term.days.0", "It comes before the last check-in after a session.")
    safe = any(rule.safety for rule in rules.after_session.values())
    yield from unless(safe, "checkins.after_session", "No check-in would remain for the patient's safety.")


def _ladder(ladder: Ladder, path: str) -> Iterator[Problem]:
    yield from unless(ladder.steps_h[0] >= 0, f"{path}.steps_h.0", "Work is raised once it is due, not before.")
    yield from rising(ladder.steps_h, f"{path}.steps_h")
