"""Rules of booking, receiving, medicating and discharging."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import (
    CancelSession,
    CheckIn,
    DischargePatient,
    RecordAdministration,
    ScheduleSession,
)
from schemas.facts import (
    DrugAdministered,
    Fact,
    PatientCheckedIn,
    PatientDischarged,
    SessionCancelled,
    SessionReminderDue,
    SessionScheduled,
)
from schemas.monitoring import AlarmLevel
from schemas.pathway import Cycle, Pathway, Session
from schemas.treatment import Dose, Reading, Setting, Vitals
from workflows.rules import pace, rems, team
from workflows.rules.booking import (
    books_ahead,
    cancellable,
    require_integrated_in_time,
    with_booking,
    without_booking,
)
from workflows.rules.checkins import planned_after
from workflows.rules.consents.signing import require_consented
from workflows.rules.dose_limits import PER_CENT
from workflows.rules.gate import Intended, gate
from workflows.rules.monitoring import alarm, baseline, missing_readings
from workflows.rules.predose import carried, latest_complete
from workflows.rules.preparation import require_open_series
from workflows.rules.refusing import Refused, require
from workflows.rules.standing import earliest_next_dose, observation_ends, week_has_room
from workflows.rules.supply import after_dose

REMEMBERED = 10
"""Sessions whose instant is kept: more than any week may have."""


def current_session(state: Pathway) -> Session:
    """The session of the cycle, or a refusal."""
    session = state.cycle.session
    if session is None:
        raise Refused("no_session", "No session is booked.")
    return session


def arrived_session(state: Pathway, at: datetime) -> Session:
    """The session for which the patient is checked in, or a refusal."""
    session = current_session(state)
    if session.checked_in_at is None:
        raise Refused("not_checked_in", "The patient is not checked in.")
    require(at >= session.checked_in_at, "observed_before_check_in", "This was before the check-in.", "observed_at")
    return session


def open_session(state: Pathway, at: datetime) -> Session:
    """The session that the patient was in at ``at``, which may be told after it; or a refusal."""
    session = arrived_session(state, at)
    there = session.discharged_at is None or at < session.discharged_at
    require(there, "discharged", "The patient is discharged.")
    return session


def schedule_session(state: Pathway, command: ScheduleSession, at: datetime) -> list[Fact]:
    """In the future, within what an approval can cover, and with the least interval since drug and integration over."""
    require_open_series(state)
    ahead = books_ahead(state)
    session = state.cycle.ahead if ahead else state.cycle.session
    arrived = session is not None and session.checked_in_at is not None
    require(not arrived, "already_checked_in", "The patient is checked in for this cycle's session.")
    require(
        command.setting in state.protocol.treatment(state.treatment).settings,
        "setting_not_allowed",
        "The treatment does not take place in this setting.",
        "setting",
    )
    require_consented(state, command.setting, None)
    require(command.starts_at > at, "starts_in_past", "A session starts in the future.", "starts_at")
    terms = state.protocol.approval
    horizon = at + timedelta(days=max(terms.first.valid_days.value, terms.later.valid_days.value))
    require(
        command.starts_at <= horizon,
        "too_far_ahead",
        "No approval of today lasts until then.",
        "starts_at",
        latest=horizon.isoformat(),
    )
    earliest = earliest_next_dose(state)
    require(
        earliest is None or (command.starts_at >= earliest and week_has_room(state, command.starts_at)),
        "too_soon_after_last_dose",
        "The least interval to the dose or the integration visit before is not over by then.",
        "starts_at",
        earliest=earliest.isoformat() if earliest else None,
    )
    if ahead:
        require_integrated_in_time(state, command.starts_at, at)
    return [
        SessionScheduled(
            session_id=f"S{state.sessions_booked + 1}" if session is None else session.id,
            cycle=state.cycle.number + (1 if ahead else 0),
            starts_at=command.starts_at,
            setting=command.setting,
        )
    ]


def cancel_session(state: Pathway, command: CancelSession, at: datetime) -> list[Fact]:
    """Only while no drug was given; it never counts."""
    del command, at
    session = cancellable(state)
    require(not session.doses, "drug_already_given", "Drug was given; the session goes on until discharge.")
    return [SessionCancelled(session_id=session.id)]


def check_in(state: Pathway, command: CheckIn, at: datetime) -> list[Fact]:
    """Near the booked time, in the booked setting, with the therapist there; at home with everything attested anew."""
    session = current_session(state)
    integrated = state.cycle.ahead is None
    require(integrated, "integration_missing", "The session before is not integrated; sign that visit's note first.")
    require(session.checked_in_at is None, "already_checked_in", "The patient is checked in.")
    opens = session.starts_at - timedelta(minutes=state.protocol.session.checkin_opens_min.value)
    require(at >= opens, "too_early_to_check_in", "Check-in opens shortly before the session.", opens=opens.isoformat())
    team.require_therapist(state)
    require(command.setting is session.setting, "setting_differs", "Booked for another setting.", "setting")
    require(
        command.identity_confirmed, "identity_not_confirmed", "The identity must be confirmed.", "identity_confirmed"
    )
    require(
        command.therapist_present or not state.has_psychotherapy,
        "therapist_not_present",
        "The therapist is present all along.",
        "therapist_present",
    )
    if session.setting is Setting.HOME:
        _require_home_attested(state, command)
    attested = command.location
    if session.setting is Setting.CLINIC or state.protocol.regulation is None:
        attested = attested or state.residence
    return [
        PatientCheckedIn(
            session_id=session.id,
            setting=command.setting,
            identity_confirmed=command.identity_confirmed,
            therapist_present=command.therapist_present,
            home=command.home,
            location=attested,
        )
    ]


AT_HOME = ("address_confirmed", "sitter_present", "video_connected")
"""What no protocol may leave out."""


def _require_home_attested(state: Pathway, command: CheckIn) -> None:
    if command.home is None:
        raise Refused("home_attestation_missing", "Address, sitter and video are attested at every session.", "home")
    for name in (*AT_HOME, *state.protocol.session.home_attestation):
        attested = getattr(command.home, name, None)
        require(attested, "home_attestation_incomplete", "This must be attested before a session.", f"home.{name}")
    located = command.location or state.protocol.regulation is None
    require(located, "location_not_attested", "At home the state where the patient is has to be attested.", "location")


def record_administration(state: Pathway, command: RecordAdministration, at: datetime) -> list[Fact]:
    """Authorised only if every check of the gate passes at the instant the drug is given."""
    session = current_session(state)
    if session.checked_in_at is not None and (last := session.last_dose) is not None:
        require(at >= last.given_at, "observed_before_last_dose", "This was before the last dose.", "observed_at")
    checks = list(gate(state, at, Intended(command.dose_mg, command.route)))
    failed = [check for check in checks if not check.passed]
    if failed:
        codes = ", ".join(check.code for check in failed)
        raise Refused(failed[0].code, failed[0].sentence, failed_checks=codes)
    arrived_session(state, at)
    approval = state.approval
    if approval is None:
        raise Refused("approval_missing", "No physician has approved dosing.")
    dose = Dose(dose_mg=command.dose_mg, route=command.route, given_at=at, approval_id=approval.id)
    return [DrugAdministered(session_id=session.id, dose=dose, checks=tuple(check.name for check in checks))]


def discharge_patient(state: Pathway, command: DischargePatient, at: datetime) -> list[Fact]:
    """After the observation time since the last drug, with recent vital signs and every criterion met."""
    session = open_session(state, at)
    require(session.discharged_at is None, "discharged", "The patient is discharged.")
    ends, last = observation_ends(state, session), session.last_dose
    if ends is None or last is None:
        raise Refused("no_drug_given", "No drug was given; cancel the session instead.")
    require(at >= ends, "observation_not_over", "The observation time is not over.", until=ends.isoformat())
    latest = latest_complete(session, at)
    if latest is None or latest.measured_at <= last.given_at:
        raise Refused("vitals_missing", "No complete vital signs were measured after the last dose.")
    fresh = at - latest.measured_at <= timedelta(minutes=state.protocol.vitals.valid_min.value)
    require(fresh, "vitals_stale", "The vital signs are too old; measure again.")
    missing = tuple(minute for minute, _ in missing_readings(state, session, at))
    _require_calm(state, session, latest)
    _require_recovered(state, command, session, latest.vitals, missing)
    observed = (at - last.given_at).total_seconds() / timedelta(minutes=1).total_seconds()
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


def with_session(state: Pathway, **changes: Any) -> dict[str, Any]:
    """The change of state that changes the current session."""
    session = state.cycle.session
    if session is None:
        return {}
    return {"cycle": state.cycle.model_copy(update={"session": session.model_copy(update=changes)})}


def session_scheduled(state: Pathway, fact: SessionScheduled, at: datetime) -> dict[str, Any]:
    """Booked, or moved: then the reminder is due anew."""
    del at
    return with_booking(state, fact)


def session_cancelled(state: Pathway, fact: SessionCancelled, at: datetime) -> dict[str, Any]:
    """The cycle waits for a new booking."""
    ahead = state.cycle.ahead
    if ahead is not None and ahead.id == fact.session_id:
        return without_booking(state, ahead.id)
    return broken_off(state, at, held=False)


def broken_off(state: Pathway, at: datetime, *, held: bool) -> dict[str, Any]:
    """The booking ends without drug. Where the patient was there, it is kept for what is still told about it."""
    session = state.cycle.session
    free = {"cycle": state.cycle.model_copy(update={"session": None})}
    if session is None or session.checked_in_at is None:
        return free
    ended = session.model_copy(update={"ended_at": at, "held": held, "carried": carried(state, session)})
    return {**free, "broken_off": ended}


def session_reminder_due(state: Pathway, fact: SessionReminderDue, at: datetime) -> dict[str, Any]:
    """The patient is reminded once per booking."""
    del fact, at
    return with_session(state, reminded=True)


def patient_checked_in(state: Pathway, fact: PatientCheckedIn, at: datetime) -> dict[str, Any]:
    """The patient is there."""
    return with_session(
        state,
        checked_in_at=at,
        identity_confirmed=fact.identity_confirmed,
        therapist_present=fact.therapist_present,
        home=fact.home,
        location=fact.location,
    )


def drug_administered(state: Pathway, fact: DrugAdministered, at: datetime) -> dict[str, Any]:
    """The first drug of a session uses one session of the approval; every drug restarts the clocks."""
    del at
    session, approval = state.cycle.session, state.approval
    if session is None or approval is None:
        return {}
    first = 0 if session.doses else 1
    used = approval.model_copy(update={"sessions_used": approval.sessions_used + first})
    return {
        **with_session(state, doses=(*session.doses, fact.dose)),
        "approval": used,
        "sessions_given": state.sessions_given + first,
        "last_drug_at": fact.dose.given_at,
        "supply": after_dose(state, fact),
        "regulatory": state.regulatory if session.doses else rems.after_first_drug(state, fact),
        "pace": state.pace if session.doses else pace.after_first_drug(state, fact),
        "checkins": planned_after(state, session.id, fact.dose.given_at),
        "recent_sessions_at": (*state.recent_sessions_at, fact.dose.given_at)[-REMEMBERED:]
        if first
        else state.recent_sessions_at,
    }


def patient_discharged(state: Pathway, fact: PatientDischarged, at: datetime) -> dict[str, Any]:
    """The session is over; without psychotherapy the cycle is, too."""
    del fact
    over = {**with_session(state, discharged_at=at), "last_discharged_at": at}
    if not state.has_psychotherapy:
        over |= next_cycle(state.model_copy(update=over))
    return over


def next_cycle(state: Pathway) -> dict[str, Any]:
    """The cycle is complete; its session is kept for what is told late, and a booking ahead is the next one's."""
    before = state.cycle
    cycle = Cycle(number=before.number + 1, session=before.ahead, released=before.released)
    return {"cycle": cycle, "last_session": before.session}
