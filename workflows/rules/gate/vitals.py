"""Checks of the vital signs before a dose."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.pathway import Pathway, Session
from schemas.protocol import VitalsRules
from schemas.treatment import Setting, Vitals
from workflows.rules.blood_pressure import Verdict
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.monitoring import missing_readings
from workflows.rules.predose import age_of, latest_complete, pressure_verdict

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
    if session.doses:
        yield from _since_the_dose(state, session, latest.measured_at, at)
        if latest.measured_at <= session.doses[-1].given_at:
            return
    verdict, accepted_at = pressure_verdict(state, session, at), session.vitals_accepted_at
    go = rules.predose[session.setting].go_at(age_of(state))
    accepted = not session.doses and accepted_at is not None and accepted_at <= at
    yield check(
        "blood_pressure_in_range",
        verdict is Verdict.GO or accepted,
        f"blood_pressure_{verdict.value}",
        "The blood pressure is not in range.",
        *(LIFTED_BY.get(verdict, ()) if verdict is Verdict.REPEAT or not session.doses else ()),
        systolic_go=go.systolic.value,
        diastolic_go=go.diastolic.value,
    )
    yield from range_checks(latest.vitals, rules, session.setting)


def _since_the_dose(state: Pathway, session: Session, measured_at: datetime, at: datetime) -> Iterator[GateCheck]:
    """Before a booster: how the dose before is borne was measured, and no reading is owed."""
    last, missing = session.doses[-1].given_at, [minute for minute, _ in missing_readings(state, session, at)]
    yield check(
        "measured_since_dose",
        measured_at > last,
        "not_measured_since_dose",
        "The vital signs were measured before the last dose; measure again.",
        Role.NURSE,
        Role.THERAPIST,
        measured=measured_at,
    )
    yield check(
        "no_reading_owed",
        not missing,
        "reading_owed",
        "A reading that was due after the last dose is missing.",
        minutes=", ".join(str(minute) for minute in missing) or None,
    )


def range_checks(vitals: Vitals, rules: VitalsRules, setting: Setting) -> Iterator[GateCheck]:
    """Whether each sign beside the blood pressure is in range, where it was measured."""
    rate, oxygen, fastest = vitals.heart_rate, vitals.spo2, rules.heart_rate_max_in(setting).value
    yield check(
        "heart_rate_in_range",
        rate is None or rules.heart_rate_min.value <= rate <= fastest,
        "heart_rate_out_of_range",
        "The heart rate is not in range.",
        Role.NURSE,
        Role.THERAPIST,
        least=rules.heart_rate_min.value,
        most=fastest,
    )
    breaths, warmth = vitals.respiratory_rate, vitals.temperature_c
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
        oxygen is None or oxygen >= rules.spo2_min.value,
        "oxygen_out_of_range",
        "The oxygen saturation is not in range.",
        Role.NURSE,
        Role.THERAPIST,
        least=rules.spo2_min.value,
    )
