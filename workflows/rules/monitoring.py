"""What readings after a dose mean, and which ones are due. Nothing that is missing is taken for normal."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from schemas.monitoring import AlarmLevel
from schemas.pathway import Pathway, Session
from schemas.protocol import BloodPressure, MonitoringRules
from schemas.protocol.monitoring import EmergencyRules, Thresholds
from schemas.treatment import Reading, Vitals

MINUTE = timedelta(minutes=1)


def alarm(
    reading: Reading, before: Sequence[Reading], rules: MonitoringRules
) -> tuple[AlarmLevel, tuple[str, ...]] | None:
    """The gravest level that a reading reaches, with the reasons; None where it alarms nobody.

    A rise in pressure without symptoms is expected after a dose: it alarms, but only with symptoms is it an emergency.
    """
    if reasons := tuple(_emergency(reading, before, rules.emergency)):
        return AlarmLevel.EMERGENCY, reasons
    for level, limits in ((AlarmLevel.STOP, rules.stop), (AlarmLevel.ALERT, rules.alert)):
        if reasons := tuple(_beyond(reading.vitals, limits)):
            return level, reasons
    return None


def _emergency(reading: Reading, before: Sequence[Reading], rules: EmergencyRules) -> Iterator[str]:
    vitals = reading.vitals
    for symptom in reading.symptoms:
        if symptom in rules.symptoms:
            yield symptom.value
    if reading.symptoms and _above(vitals, rules.pressure_with_symptoms):
        yield "blood_pressure_with_symptoms"
    if vitals.respiratory_rate is not None and vitals.respiratory_rate < rules.respiratory_rate_below.value:
        yield "respiratory_rate"
    for_long = timedelta(seconds=rules.spo2_for_s.value)
    if reading.measured_at - _low_oxygen_since(reading, before, rules) >= for_long and vitals.spo2 is not None:
        yield "oxygen"


def _low_oxygen_since(reading: Reading, before: Sequence[Reading], rules: EmergencyRules) -> datetime:
    """The first of the low values that no normal one interrupts. A reading without oxygen interrupts nothing."""
    first = reading.measured_at
    known = [one for one in (*before, reading) if one.measured_at <= reading.measured_at]
    for one in sorted(known, key=lambda one: one.measured_at, reverse=True):
        if one.vitals.spo2 is not None and one.vitals.spo2 >= rules.spo2_below.value:
            break
        if one.vitals.spo2 is not None:
            first = one.measured_at
    return first


def _above(vitals: Vitals, limit: BloodPressure) -> bool:
    systolic, diastolic = vitals.systolic or 0, vitals.diastolic or 0
    return systolic > limit.systolic.value or diastolic > limit.diastolic.value


def _beyond(vitals: Vitals, limits: Thresholds) -> Iterator[str]:
    systolic, diastolic = vitals.systolic or 0, vitals.diastolic or 0
    if systolic >= limits.pressure.systolic.value or diastolic >= limits.pressure.diastolic.value:
        yield "blood_pressure"
    rate, oxygen, breaths = vitals.heart_rate, vitals.spo2, vitals.respiratory_rate
    slow, shallow = limits.heart_rate_below, limits.respiratory_rate_below
    if rate is not None and (rate > limits.heart_rate_above.value or (slow is not None and rate < slow.value)):
        yield "heart_rate"
    if oxygen is not None and oxygen < limits.spo2_below.value:
        yield "oxygen"
    if breaths is not None and shallow is not None and breaths < shallow.value:
        yield "respiratory_rate"


def readings_due(state: Pathway, session: Session) -> Iterator[tuple[int, datetime]]:
    """Minutes after a dose at which a reading is due, with the instants, in elapsed time.

    A further dose begins anew; what was due before it stays due. Where the protocol goes on until the discharge, the
    next reading is due some minutes after the last whole one.
    """
    for number, dose in enumerate(session.doses, start=1):
        limits = state.protocol.routes[dose.route]
        last = number == len(session.doses)
        minutes = limits.vitals_at_min_in.get(session.setting, limits.vitals_at_min)
        due = [(minute, dose.given_at + timedelta(minutes=minute)) for minute in minutes]
        yield from ((minute, at) for minute, at in due if last or at < session.doses[number].given_at)
        if last and limits.vitals_every_min is not None:
            whole = [one.measured_at for one in session.readings if one.vitals.is_complete]
            since = max(at for at in (dose.given_at, *whole, *(at for _, at in due)))
            following = since + timedelta(minutes=limits.vitals_every_min.value)
            yield (following - dose.given_at) // MINUTE, following


def is_taken(session: Session, instant: datetime, little: timedelta) -> bool:
    """Whether a whole reading was taken at a due instant or later. One that lacks a vital sign is none that was due."""
    return any(instant - little <= one.measured_at for one in session.readings if one.vitals.is_complete)


def missing_readings(state: Pathway, session: Session, at: datetime) -> Iterator[tuple[int, datetime]]:
    """Readings that were due before ``at`` and not taken: between a little before their instant and the next one's."""
    rules = state.protocol.monitoring
    if rules is None:
        return
    little = timedelta(minutes=rules.late_min.value)
    due = list(readings_due(state, session))
    taken = [one.measured_at for one in session.readings if one.vitals.is_complete]
    for number, (minute, instant) in enumerate(due):
        until = due[number + 1][1] - little if number + 1 < len(due) else None
        there = any(instant - little <= one and (until is None or one < until) for one in taken)
        if instant < at and not there:
            yield minute, instant


def baseline(session: Session) -> Vitals | None:
    """The last whole reading before the first dose."""
    if not session.doses:
        return None
    first = session.doses[0].given_at
    before = [
        one
        for one in session.readings
        if one.measured_at <= first and None not in (one.vitals.systolic, one.vitals.diastolic, one.vitals.heart_rate)
    ]
    return max(before, key=lambda one: one.measured_at).vitals if before else None
