"""Checks of the vital signs before a dose."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.pathway import Pathway, Session
from schemas.treatment import Reading
from workflows.rules.blood_pressure import Verdict, assess
from workflows.rules.gate.check import GateCheck, Intended, check

COMPLETE = ("systolic", "diastolic", "heart_rate", "spo2")
"""Vital signs that a dose waits for."""

LIFTED_BY = {Verdict.PHYSICIAN: (Role.PHYSICIAN,), Verdict.REPEAT: (Role.NURSE, Role.THERAPIST)}
"""Who can go on from a blood pressure that is not in range; nobody from a hold."""


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Measured, complete, recent and in range; what is missing or stale is never normal."""
    del intended
    session = state.cycle.session
    if session is None or session.checked_in_at is None:
        return
    rules = state.protocol.vitals
    latest = latest_complete(session, at)
    yield check(
        "vitals_present",
        latest,
        "vitals_missing",
        "A vital sign is missing before the dose.",
        Role.NURSE,
        Role.THERAPIST,
    )
    if latest is None:
        return
    yield check(
        "vitals_recent",
        at - latest.measured_at <= timedelta(minutes=rules.valid_min.value),
        "vitals_stale",
        "The vital signs are too old; measure again.",
        Role.NURSE,
        Role.THERAPIST,
        measured=latest.measured_at,
        valid_min=rules.valid_min.value,
    )
    verdict = assess([r for r in session.readings if r.measured_at <= at], rules, session.setting)
    accepted_at = session.vitals_accepted_at
    yield check(
        "blood_pressure_in_range",
        verdict is Verdict.GO or (accepted_at is not None and accepted_at <= at),
        f"blood_pressure_{verdict.value}",
        "The blood pressure is not in range.",
        *LIFTED_BY.get(verdict, ()),
        systolic_go=rules.predose[session.setting].go.systolic.value,
        diastolic_go=rules.predose[session.setting].go.diastolic.value,
    )
    rate, oxygen = latest.vitals.heart_rate or 0, latest.vitals.spo2 or 0
    yield check(
        "heart_rate_in_range",
        rules.heart_rate_min.value <= rate <= rules.heart_rate_max.value,
        "heart_rate_out_of_range",
        "The heart rate is not in range.",
        Role.NURSE,
        Role.THERAPIST,
        least=rules.heart_rate_min.value,
        most=rules.heart_rate_max.value,
    )
    breaths, warmth = latest.vitals.respiratory_rate, latest.vitals.temperature_c
    least, most = rules.respiratory_rate_min, rules.temperature_max_c
    yield check(
        "breathing_in_range",
        breaths is None or least is None or breaths >= least.value,
        "respiratory_rate_out_of_range",
        "The respiratory rate is not in range.",
        Role.NURSE,
        Role.THERAPIST,
    )
    yield check(
        "temperature_in_range",
        warmth is None or most is None or warmth <= most.value,
        "temperature_out_of_range",
        "The temperature is not in range.",
        Role.NURSE,
        Role.THERAPIST,
    )
    yield check(
        "oxygen_in_range",
        oxygen >= rules.spo2_min.value,
        "oxygen_out_of_range",
        "The oxygen saturation is not in range.",
        Role.NURSE,
        Role.THERAPIST,
        least=rules.spo2_min.value,
    )


def latest_complete(session: Session, at: datetime) -> Reading | None:
    """The last reading up to ``at``, if it has every vital sign that a dose waits for.

    A later reading that is incomplete is not passed over: what it says or leaves out may be why it was taken.
    """
    known = sorted((r for r in session.readings if r.measured_at <= at), key=lambda reading: reading.measured_at)
    if not known or any(getattr(known[-1].vitals, name) is None for name in COMPLETE):
        return None
    return known[-1]
