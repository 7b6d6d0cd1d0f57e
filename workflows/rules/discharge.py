"""Rules of going home: observed for long enough, recovered, and not alone."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import DischargePatient
from schemas.facts import Fact, PatientDischarged
from schemas.monitoring import AlarmLevel
from schemas.pathway import Pathway, Session
from schemas.treatment import Reading, Vitals
from workflows.rules.dose_limits import PER_CENT
from workflows.rules.monitoring import alarm, baseline, missing_readings
from workflows.rules.predose import latest_complete
from workflows.rules.refusing import Refused, require
from workflows.rules.session import next_cycle, open_session, with_session
from workflows.rules.standing import observation_ends, observed_from


def discharge_patient(state: Pathway, command: DischargePatient, at: datetime) -> list[Fact]:
    """After the observation time since the last drug, with recent vital signs and every criterion met."""
    session = open_session(state, at)
    require(session.discharged_at is None, "discharged", "The patient is discharged.")
    ends, last = observation_ends(state, session), session.last_dose
    if last is None:
        raise Refused("no_drug_given", "No drug was given; cancel the session instead.")
    if ends is None:
        raise Refused("infusion_running", "The end of the infusion is not recorded.")
    require(session.contact_lost_at is None, "contact_lost", "Contact with the patient is lost.")
    require(at >= ends, "observation_not_over", "The observation time is not over.", until=ends.isoformat())
    latest = latest_complete(session, at)
    if latest is None or latest.measured_at <= last.given_at:
        raise Refused("vitals_missing", "No complete vital signs were measured after the last dose.")
    fresh = at - latest.measured_at <= timedelta(minutes=state.protocol.vitals.valid_min.value)
    require(fresh, "vitals_stale", "The vital signs are too old; measure again.")
    missing = tuple(minute for minute, _ in missing_readings(state, session, at))
    _require_calm(state, session, latest)
    _require_recovered(state, command, session, latest.vitals, missing)
    observed = (at - (observed_from(state, session) or last.given_at)).total_seconds() / timedelta(
        minutes=1
    ).total_seconds()
    return [
        PatientDischarged(
            session_id=session.id,
            observed_min=observed,
            padss=command.padss,
            missing_readings=missing or None,
            missing_readings_reason=command.missing_readings_reason if missing else None,
        )
    ]


def _require_calm(state: Pathway, session: Session, latest: Reading) -> None:
    """Nothing that alarmed is unreviewed, and the last signs are none that would have stopped further drug."""
    rules = state.protocol.monitoring
    if rules is None:
        return
    require(state.emergency is None, "emergency", "An emergency is declared and not closed.")
    waiting = ", ".join(one.id for one in state.alarms)
    require(not waiting, "vitals_alarm", "Vital signs that alarmed wait for a physician.", alarms=waiting)
    found = alarm(latest, session.readings, rules)
    calm = found is None or found[0] is AlarmLevel.ALERT
    require(calm, "vitals_alarming", "The last vital signs are alarming; measure again.")


def _require_recovered(
    state: Pathway, command: DischargePatient, session: Session, vitals: Vitals, missing: tuple[int, ...]
) -> None:
    """Every criterion, and a signed reason for each reading that was not taken (sources: the protocol's)."""
    rules = state.protocol.monitoring
    asked = ("oriented", "steady_gait", "responsible_adult")
    for name in asked if rules is None else (*asked, "nausea_minimal", "suicidality_screened"):
        require(getattr(command, name), "discharge_criterion_unmet", "This criterion must be met.", name)
    if state.protocol.day_of is not None and state.protocol.day_of.no_driving:
        require(
            command.no_driving_agreed,
            "discharge_criterion_unmet",
            "The patient does not drive until the next day, after a restful sleep.",
            "no_driving_agreed",
        )
    if rules is None:
        return
    least = rules.discharge.padss_min.value
    recovered = command.padss is not None and command.padss >= least
    require(recovered, "padss_too_low", "The discharge score is missing or too low.", "padss", least=least)
    before = baseline(session)
    for name in ("systolic", "diastolic", "heart_rate"):
        was, now = getattr(before, name, None), getattr(vitals, name)
        near = was is None or abs(now - was) * PER_CENT <= was * rules.discharge.baseline_percent.value
        require(near, "not_back_to_baseline", "Vital signs are not back near the baseline.", None, vital=name)
    excused = not missing or command.missing_readings_reason
    require(
        excused,
        "readings_missing",
        "Readings that were due were not taken; a clinician signs the reason.",
        "missing_readings_reason",
        minutes=", ".join(str(minute) for minute in missing),
    )


def patient_discharged(state: Pathway, fact: PatientDischarged, at: datetime) -> dict[str, Any]:
    """The session is over; without psychotherapy the cycle is, too."""
    del fact
    over = {**with_session(state, discharged_at=at), "last_discharged_at": at}
    if not state.has_psychotherapy:
        over |= next_cycle(state.model_copy(update=over))
    return over
