"""What follows from a reading at once, or retroactively where it is told late: alarms, and an emergency."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from schemas.facts import Fact, VitalsAlarmed
from schemas.monitoring import AlarmLevel
from schemas.pathway import Pathway, Session
from schemas.protocol import MonitoringRules
from schemas.treatment import Dose, Reading
from workflows.rules.blood_pressure import Verdict, is_above_go
from workflows.rules.gate.vitals import range_checks
from workflows.rules.monitoring import alarm
from workflows.rules.predose import age_of, pressure_verdict
from workflows.rules.safety import emergency_in

Alarm = tuple[AlarmLevel, tuple[str, ...]]


def alarms(state: Pathway, session: Session, reading: Reading) -> Iterator[Fact]:
    """Every alarm that a new reading of a session raises: its own, and those of later readings it sheds light on."""
    rules = state.protocol.monitoring
    if rules is None or not (session.doses or reading.symptoms):
        return
    emergency: tuple[str, ...] = ()
    number = state.vitals_alarms_raised
    for one, (level, reasons) in _raised(state, session, reading, rules):
        number += 1
        yield VitalsAlarmed(
            session_id=session.id,
            level=level,
            reasons=reasons,
            measured_at=one.measured_at,
            alarm_id=f"V{number}",
        )
        if level is AlarmLevel.EMERGENCY:
            emergency = emergency or reasons
    if emergency and state.emergency is None:
        yield emergency_in(state, emergency, reading.measured_at)


def _raised(
    state: Pathway, session: Session, reading: Reading, rules: MonitoringRules
) -> Iterator[tuple[Reading, Alarm]]:
    found = _graver(alarm(reading, session.readings, rules), _before_a_dose(state, session, reading))
    if found is not None:
        yield reading, found
    for later in sorted(session.readings, key=lambda one: one.measured_at):
        if later.measured_at >= reading.measured_at and _is_watched(session, later):
            known = _others(session.readings, later)
            before, after = alarm(later, known, rules), alarm(later, (*known, reading), rules)
            if after is not None and (before is None or after[0].rank > before[0].rank):
                yield later, after


def _others(readings: Sequence[Reading], one: Reading) -> list[Reading]:
    return [other for other in readings if other is not one]


def _is_watched(session: Session, reading: Reading) -> bool:
    dosed = bool(session.doses) and reading.measured_at >= session.doses[0].given_at
    return dosed or bool(reading.symptoms)


def _graver(one: Alarm | None, other: Alarm | None) -> Alarm | None:
    if one is None or other is None:
        return one or other
    level = max(one[0], other[0], key=lambda level: level.rank)
    return level, tuple(dict.fromkeys((*one[1], *other[1])))


def _before_a_dose(state: Pathway, session: Session, reading: Reading) -> Alarm | None:
    """The rule before a dose, for a reading that was measured before it and is told after it.

    Where the dose would have been held it is a stop, where it would only have waited it is an alert.
    """
    for number, dose in enumerate(session.doses):
        if reading.measured_at < dose.given_at:
            known = session.model_copy(
                update={"doses": session.doses[:number], "readings": (*session.readings, reading)}
            )
            return _judged(state, known, reading, dose)
    return None


def _judged(state: Pathway, session: Session, reading: Reading, dose: Dose) -> Alarm | None:
    rules, reasons = state.protocol.vitals, []
    verdict = pressure_verdict(state, session, dose.given_at)
    go = rules.predose[session.setting].go_at(age_of(state))
    accepted = _accepted(session, dose.given_at) and not is_above_go(reading, go)
    if verdict is Verdict.HOLD or (verdict in (Verdict.REPEAT, Verdict.PHYSICIAN) and not accepted):
        reasons.append(f"predose_blood_pressure_{verdict.value}")
    if not any(reading.measured_at < one.measured_at <= dose.given_at for one in session.readings):
        checks = range_checks(reading.vitals, rules, session.setting)
        reasons += [f"predose_{one.code}" for one in checks if not one.passed]
    level = AlarmLevel.STOP if verdict is Verdict.HOLD else AlarmLevel.ALERT
    return (level, tuple(reasons)) if reasons else None


def _accepted(session: Session, at: datetime) -> bool:
    return not session.doses and session.vitals_accepted_at is not None and session.vitals_accepted_at <= at
