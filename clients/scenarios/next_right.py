"""What a sensible care team does next on a pathway: the script of every uneventful course."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas import commands as c
from schemas.actors import Role, Seat
from schemas.checkins import CheckinOutcome
from schemas.commands import Command
from schemas.commands.checkins import Questionnaire
from schemas.commands.ends import Course
from schemas.commands.screening import LabReport
from schemas.consents import ConsentUse, ReleaseScope
from schemas.integration import PlanOutcome, PlanResult
from schemas.measures import Instrument
from schemas.pathway import Pathway, Phase, Session
from schemas.protocol import Protocol, RouteLimits, TreatmentRules
from schemas.screening import LabResult, LabTest
from schemas.supply import SupplyChange
from schemas.team import Credentials, TeamChangeCause
from schemas.treatment import ApprovalStatus, DrugRoute, HomeAttestation, Setting, TreatmentRoute, Vitals
from schemas.work import WorkKind
from workflows.rules.blood_pressure import Verdict
from workflows.rules.checkins import asked
from workflows.rules.consents.standing import capacity_doubtful_until, cooling_off_ends, missing_consents, missing_for
from workflows.rules.credentials import Clinician, lacking, latest, on_duty, therapist
from workflows.rules.dose_limits import most_alone, most_in_session, offered
from workflows.rules.dose_plan import readers
from workflows.rules.gate import gate
from workflows.rules.measures import missing_baseline
from workflows.rules.monitoring import is_taken, readings_due
from workflows.rules.pace import is_late_and_close, review_at, wants_confirmation
from workflows.rules.predose import pressure_verdict
from workflows.rules.preparation import good_until
from workflows.rules.regulation import is_over_video
from workflows.rules.rems import form_due_days, is_going_on
from workflows.rules.risk import CONTACT, still_to_clear, unassessed
from workflows.rules.safety import awaiting_medwatch, unreviewed
from workflows.rules.screening.standing import needed, remarkable, uncleared, undecided
from workflows.rules.standing import (
    earliest_next_dose,
    integration_window,
    is_ill,
    observation_ends,
    observed_from,
    phase_of,
)
from workflows.rules.supply import ON_HOLD, is_to_be_reconciled
from workflows.rules.team import is_awaited
from workflows.rules.watching import sitter_check_due

ATTESTED: Final = HomeAttestation(
    address_confirmed=True,
    sitter_present=True,
    video_connected=True,
    address="1 Invented Lane, Nowhere",
    local_emergency_number="911",
    callback_number="555-0100",
    emergency_contact_confirmed=True,
    disconnect_plan_agreed=True,
    sitter_is_adult=True,
    pressure_cuff=True,
)


class Said(NamedTuple):
    """Something that somebody says: the verb, in which role, and with what."""

    command: type[Command]
    role: Role
    fields: dict[str, Any]


def next_right(state: Pathway, now: datetime) -> Said | datetime:
    """What to say next, or until when to wait.

    Raises:
        StopIteration: The pathway is closed.
    """
    right = next(_next_right(state, now))
    if isinstance(right, Said):
        return right
    # Check-ins fall due in the middle of a wait.
    return min([right, *(one.opens_at for one in state.checkins.planned)])


def said_next(state: Pathway, now: datetime, command: type[Command]) -> dict[str, Any]:
    """What a sensible team would say with this command now; nothing where it would not say it."""
    all_right = (right for right in _next_right(state, now) if isinstance(right, Said) and right.command is command)
    return next((right.fields for right in all_right), {})


def _next_right(state: Pathway, now: datetime) -> Iterator[Said | datetime]:
    phase = phase_of(state)
    if state.cancellation_requested_at is not None and phase is not Phase.CLOSED:
        yield Said(c.DismissCancellation, Role.COORDINATOR, {})
    if phase is not Phase.CLOSED:
        yield from _emergencies(state)
        yield from asking(state)
        yield from filing(state)
        yield from _staffing(state, now)
    if phase not in (Phase.CLOSED, Phase.SAFETY_CONTACT):
        yield from _minding_consents(state, now)
    if phase in (Phase.PREPARATION, Phase.APPROVAL, Phase.SESSION) and not _in_progress(state):
        yield from _settling(state)
    match phase:
        case Phase.REFERRAL:
            yield Said(c.AcceptReferral, Role.COORDINATOR, {})
        case Phase.SCREENING:
            yield from _screening(state)
            for instrument in missing_baseline(state):
                yield Said(c.RecordMeasure, Role.NURSE, {"instrument": instrument, "answers": calm(state, instrument)})
            yield Said(c.DecideScreening, Role.PHYSICIAN, {"eligible": True})
        case Phase.CONSENT:
            yield from _consenting(state, missing_consents(state), now)
        case Phase.PREPARATION:
            yield from _cooling_off(state, now)
            yield Said(c.SignPreparationNote, Role.THERAPIST, {})
        case Phase.APPROVAL:
            yield from _approving(state, now)
        case Phase.SESSION:
            yield from _in_session(state, now)
        case Phase.INTEGRATION:
            yield from _integrating(state, now)
        case Phase.FOLLOW_UP:
            yield Said(c.CompletePathway, Role.PHYSICIAN, {"course": Course.RESPONSE})
        case Phase.SAFETY_CONTACT:
            yield from _alarmed(state)
            if is_to_be_reconciled(state):
                yield Said(c.CountSupply, Role.NURSE, {"doses": state.supply.on_hand()})
            for ahead in state.checkins.planned[:1]:
                yield ahead.opens_at


def _in_progress(state: Pathway) -> bool:
    return state.cycle.session is not None and state.cycle.session.in_progress


def _minding_consents(state: Pathway, now: datetime) -> Iterator[Said | datetime]:
    """A physician knows of a withdrawal, the patient is asked what goes on, doubts are settled, and renewals signed."""
    withdrawal, rules = state.consenting.withdrawal, state.protocol.consent_rules
    if withdrawal is not None and withdrawal.session_id is not None and withdrawal.acknowledged_at is None:
        yield Said(c.AcknowledgeWithdrawal, Role.PHYSICIAN, {})
    if _in_progress(state):
        return
    if withdrawal is not None and withdrawal.therapy is None:
        goes_on = {kind: True for kind, rule in rules.kinds.items() if rule.asked_after_withdrawal}
        yield Said(c.RecordContinuation, Role.COORDINATOR, {"therapy": True, "goes_on": goes_on})
    clear = capacity_doubtful_until(state, now) is None
    if clear and state.consenting.capacity_questioned_at is not None:
        yield Said(c.NoteCapacity, Role.PHYSICIAN, {})
    for item in state.work:
        held = state.consents.get(item.subject)
        renewable = held is not None and held.is_active and held.renewal_due_at is not None and now > held.signed_at
        if clear and item.kind is WorkKind.RENEW_CONSENT and renewable:
            yield Said(c.RecordConsent, Role.PATIENT, signing(state, item.subject))


def _consenting(state: Pathway, kinds: list[str], now: datetime) -> Iterator[Said | datetime]:
    """Kinds are signed, each with all that it asks for, once the drug has left and the capacity is noted."""
    until = capacity_doubtful_until(state, now)
    if until is not None:
        yield until
    if state.consenting.capacity_questioned_at is not None:
        yield Said(c.NoteCapacity, Role.PHYSICIAN, {})
    for kind in kinds:
        held = state.consents.get(kind)
        if held is not None and held.withdrawn_at is not None:
            if now <= held.withdrawn_at:
                yield held.withdrawn_at + timedelta(microseconds=1)
            noted_at, left = state.consenting.capacity_noted_at, held.withdrawn_at
            if state.protocol.consent_rules.capacity_h is not None and (noted_at is None or noted_at <= left):
                yield Said(c.NoteCapacity, Role.PHYSICIAN, {})
        yield Said(c.RecordConsent, Role.PATIENT, signing(state, kind))


def _cooling_off(state: Pathway, now: datetime) -> Iterator[datetime]:
    """Nobody hurries a patient who has just consented for the first time."""
    until = cooling_off_ends(state, state.setting, route_in(state.protocol, state.setting, state.treatment))
    if state.sessions_given == 0 and until is not None and now < until:
        yield until


def signing(state: Pathway, kind: str) -> dict[str, Any]:
    """What is said when a kind of consent is signed."""
    rule = state.protocol.consent_rules.kinds[kind]
    said: dict[str, Any] = {"kind": kind, "version": rule.version, "acknowledged": tuple(rule.disclosures)}
    if rule.covers is ConsentUse.RELEASE and state.care_team is not None:
        said |= {"recipient": state.care_team.therapist_id or "dr-elsewhere", "scope": tuple(ReleaseScope)}
    return said


def asking(state: Pathway) -> Iterator[Said]:
    """What signs of suicide risk and open check-ins ask for now."""
    if unassessed(state.risk):
        screener = Instrument.CSSRS_SINCE_LAST_CONTACT
        yield Said(c.RecordMeasure, Role.NURSE, {"instrument": screener, "answers": calm(state, screener)})
    if any(signal.code in CONTACT and not signal.contacted for signal in state.risk.signals):
        yield Said(c.RecordRiskContact, Role.PHYSICIAN, {"reached": True})
    for role in still_to_clear(state) if state.ending is None else ():
        yield Said(c.ClearRisk, role, {})
    for one in state.checkins.open:
        measures = tuple(
            Questionnaire(instrument=instrument, answers=calm(state, instrument))
            for instrument in asked(state, one.kind)[0]
        )
        done = {"outcome": CheckinOutcome.REACHED, "measures": measures, "side_effects": ()}
        yield Said(c.RecordCheckin, Role.NURSE, {"checkin_id": one.id, **done})


def filing(state: Pathway) -> Iterator[Said]:
    """Forms of sessions that are over are filed."""
    for form in state.regulatory.rems_forms:
        if not is_going_on(state):
            yield Said(c.FileRemsForm, Role.NURSE, {"session_id": form.session_id})


def _staffing(state: Pathway, now: datetime) -> Iterator[Said]:
    """The team is whole, may act where the patient is, and a physician agrees to its changes."""
    if state.care_team is None or not state.series_continues:
        return
    if state.has_psychotherapy and therapist(state) is None:
        joining = {"seat": Seat.THERAPIST, "leaver_id": None, "cause": TeamChangeCause.JOINING}
        yield Said(c.ChangeCareTeam, Role.COORDINATOR, {**joining, "successor_id": "th-birch"})
    for who, where in on_duty(state):
        if lacking(state, who, where, now):
            yield Said(c.RecordCredentials, Role.COORDINATOR, {"credentials": renewed(state, who, where, now)})
    if is_awaited(state):
        yield Said(c.ContinueSeries, Role.PHYSICIAN, {})


def renewed(state: Pathway, who: Clinician, where: str, now: datetime) -> Credentials:
    """Everything that may be asked of somebody, for years, in a state and in those known before."""
    until = (now + timedelta(days=1000)).date()
    known = latest(state, who)
    places = {*(known.credentials.licences if known else ()), where}
    return Credentials(
        person_id=who.person_id,
        role=who.role,
        licences=dict.fromkeys(sorted(places), until),
        prescribing_until=until if who.role is Role.PHYSICIAN else None,
        kap_trained=True,
        malpractice_until=until,
        references_checked=True,
    )


def calm(state: Pathway, instrument: Instrument) -> dict[str, int | None]:
    """Answers of somebody who has few complaints and no thought of suicide."""
    assert state.protocol.instruments is not None
    scale = state.protocol.instruments.scales.get(instrument)
    if scale is None:
        return {"q1": 0, "q2": 0, "q6": 0}
    return {item: 0 if item == f"q{scale.safety_item}" else 1 for item in scale.scored_items}


def _screening(state: Pathway) -> Iterator[Said | datetime]:
    if state.protocol.eligibility is not None:
        if state.screening.history is None:
            yield Said(c.RecordHealthHistory, Role.NURSE, {})
        if not state.screening.labs:
            yield Said(c.RecordLabs, Role.NURSE, {"labs": every_test(state)})
    if state.protocol.medications is not None and state.screening.medications.recorded_at is None:
        yield Said(c.RecordMedications, Role.NURSE, {})
    yield from _settling(state)


def _settling(state: Pathway) -> Iterator[Said | datetime]:
    """What stands in the way is decided; what was wrong turns out well in the end."""
    for test in remarkable(state):
        if test is LabTest.PREGNANCY:
            yield Said(c.RecordLabs, Role.NURSE, {"labs": (LabReport(test=test, result=LabResult.UNREMARKABLE),)})
        yield Said(c.AcceptLab, Role.PHYSICIAN, {"test": test})
    for condition, absolute in uncleared(state):
        history = state.screening.history
        if absolute and history is not None and condition not in (history.retracted or ()):
            yield Said(c.RecordHealthHistory, Role.NURSE, {})
        yield Said(c.ClearCondition, Role.PHYSICIAN, {"condition": condition})
    for entry in undecided(state):
        yield accepting(entry.name)
    for washout in state.screening.washouts:
        if not washout.over:
            yield washout.over_at
        yield accepting(washout.key.partition("?")[-1] or washout.key)


def accepting(name: str) -> Said:
    """A physician who goes on with a medication, and says how."""
    return Said(c.AcceptMedication, Role.PHYSICIAN, {"name": name, "plan": "Blood pressure every ten minutes."})


def every_test(state: Pathway) -> tuple[LabReport, ...]:
    """All that are asked of this patient, unremarkable."""
    tests = (test for test, _ in needed(state)) if state.screening.history else ()
    return tuple(LabReport(test=test, result=LabResult.UNREMARKABLE) for test in tests)


def treatment_limit(treatment: TreatmentRules, limits: RouteLimits) -> float:
    """The most milligrams that the protocol allows in one session."""
    return (treatment.max_session_mg or limits.max_session_mg).value


def _approving(state: Pathway, now: datetime) -> Iterator[Said | datetime]:
    """What is still to be done before a physician may approve, and the approval."""
    approved = route_in(state.protocol, state.setting, state.treatment)
    yield from _consenting(state, missing_for(state, state.setting, approved), now)
    yield from _cooling_off(state, now)
    rules, last, seen = state.protocol.approval.reevaluate_after_days, state.last_drug_at, state.last_follow_up_at
    revisit = state.revisit_since is not None and (seen is None or seen < state.revisit_since)
    if revisit or (rules is not None and last is not None and (seen is None or seen <= last)):
        yield Said(c.RecordFollowUp, Role.PHYSICIAN, {})
    if is_over_video(state) and state.protocol.regulation is not None:
        yield Said(c.RecordInPersonVisit, Role.NURSE, {})
    if form_due_days(state) is not None and state.regulatory.rems_enrolled_at is None:
        yield Said(c.RecordRemsEnrolment, Role.COORDINATOR, {})
    route = route_in(state.protocol, state.setting, state.treatment)
    if state.protocol.routes[route].max_mg_per_kg is not None and state.screening.weight is None:
        yield Said(c.RecordWeight, Role.NURSE, {})
    if state.approval is not None and state.approval.status is ApprovalStatus.PROPOSED:
        yield Said(c.RevokeApproval, Role.PHYSICIAN, {"approval_id": state.approval.id})
    yield Said(c.ApproveDosing, Role.PHYSICIAN, an_approval(state))


def _reading(state: Pathway) -> Iterator[Said]:
    """Everybody who has to read the dose plan reads it."""
    approval = state.approval
    if approval is not None and approval.status is ApprovalStatus.IN_FORCE:
        for condition in approval.unconfirmed():
            yield Said(c.ConfirmCondition, Role.NURSE, {"approval_id": approval.id, "condition": condition})
        for role in readers(state):
            if role not in approval.acknowledged:
                yield Said(c.AcknowledgeDosePlan, role, {"approval_id": approval.id})


def an_approval(state: Pathway, setting: Setting | None = None) -> dict[str, Any]:
    """The most that a physician may approve now, in the patient's setting unless another one is given."""
    setting = setting or state.setting
    treatment = state.protocol.treatment(state.treatment)
    route = route_in(state.protocol, setting, state.treatment)
    terms = state.protocol.approval.first if state.sessions_given == 0 else state.protocol.approval.later
    limits = state.protocol.routes[route]
    kg = state.screening.weight.kg if state.screening.weight else None
    most = min(most_in_session(state, limits, kg), most_alone(state, route, kg) or treatment_limit(treatment, limits))
    most = max((dose for dose in offered(state, limits) if dose <= most), default=most)
    return {
        "route": route,
        "setting": setting,
        "max_dose_mg": most,
        "booster_mg": most / 2 if limits.booster else 0.0,
        "sessions": int(terms.sessions.value),
        "valid_days": int(terms.valid_days.value),
    }


def _in_session(state: Pathway, now: datetime) -> Iterator[Said | datetime]:
    session, approval = state.cycle.session, state.approval
    if state.hold is not None:
        yield Said(c.LiftHold, Role.PHYSICIAN, {})
    if session is None or session.blocked_for:
        tomorrow = now + timedelta(days=1)
        starts_at = earliest_next_dose(state, tomorrow) or tomorrow
        setting = approval.setting if approval else state.setting
        yield Said(c.ScheduleSession, Role.COORDINATOR, {"starts_at": starts_at, "setting": setting})
    yield from _reading(state)
    if session is None:
        return
    yield from _pacing(state, session)
    if (until := good_until(state)) is not None and session.starts_at > until:
        yield Said(c.SignPreparationNote, Role.THERAPIST, {})
    if session.setting is Setting.HOME and not session.doses:
        yield from _supplying(state, now)
    if state.protocol.day_of is not None and not session.doses and not session.checklists:
        # Later than it opens, so that it is still good at the dose.
        evening = session.starts_at - timedelta(hours=state.protocol.day_of.opens_h.value / 2)
        if now < evening:
            yield evening
        yield Said(c.RecordDayChecklist, Role.PATIENT, {})
    if is_ill(session.checklists) and not session.doses:
        yield Said(c.RecordDayChecklist, Role.PHYSICIAN, {})
    if session.checked_in_at is None:
        if now < session.starts_at:
            yield session.starts_at
        yield Said(c.CheckIn, Role.THERAPIST, arrival(state, session))
    elif session.doses:
        yield from _observing(state, session, now)
    else:
        yield from _before_the_dose(state, session, now)


def _pacing(state: Pathway, session: Session) -> Iterator[Said]:
    """Sessions that follow each other closely are found right, by those who may say so."""
    approval, at = state.approval, session.starts_at
    if session.doses or approval is None or approval.status is not ApprovalStatus.IN_FORCE:
        return
    if wants_confirmation(state, at) and approval.id not in state.pace.confirmed:
        yield Said(c.ConfirmPace, Role.THERAPIST, {"approval_id": approval.id})
    if is_late_and_close(state, at) and review_at(state, at) is None:
        yield Said(c.ReviewSpacing, Role.PHYSICIAN, {"go_on": True})


def _supplying(state: Pathway, now: datetime) -> Iterator[Said]:
    """What the next session at home takes is released, received and counted."""
    supply, approval = state.supply, state.approval
    if state.protocol.supply is None or approval is None:
        return
    if not (supply.is_counted(SupplyChange.USED) and supply.is_counted(SupplyChange.RELEASED)):
        yield Said(c.CountSupply, Role.PATIENT, {"doses": max(0, supply.on_hand())})
    if supply.unaccounted_since is not None:
        yield Said(c.ReviewSupply, Role.PHYSICIAN, {})
    free = all(one.passed for checks in ON_HOLD for one in checks(state, now, None))
    if free and approval.setting is Setting.HOME and supply.on_hand() <= 0:
        yield Said(c.ReleaseSupply, Role.PHYSICIAN, {"approval_id": approval.id})


def arrival(state: Pathway, session: Session) -> dict[str, Any]:
    """What is attested when the patient is received as booked."""
    home = ATTESTED if session.setting is Setting.HOME else None
    said = {"setting": session.setting, "identity_confirmed": True, "therapist_present": True, "home": home}
    fasted = {"solids_h_ago": 12.0, "clear_liquids_h_ago": 3.0} if state.protocol.day_of is not None else {}
    return {**said, **fasted, "location": state.residence if home is not None else None}


def _before_the_dose(state: Pathway, session: Session, now: datetime) -> Iterator[Said]:
    approval = state.approval
    failed = {check.name for check in gate(state, now) if not check.passed}
    if "seen_after_pause" in failed:
        yield Said(c.RecordFollowUp, Role.PHYSICIAN, {})
    if "weight_known" in failed:
        yield Said(c.RecordWeight, Role.NURSE, {})
    if any(name.endswith("_known") for name in failed):
        yield Said(c.RecordLabs, Role.NURSE, {"labs": every_test(state)})
    if "medications_reconciled" in failed:
        yield Said(c.RecordDayChecklist, Role.NURSE, {})
    if failed & {"vitals_present", "vitals_recent"}:
        yield _measuring(state, session)
    if pressure_verdict(state, session) is Verdict.PHYSICIAN and session.vitals_accepted_at is None:
        yield Said(c.DecidePredoseVitals, Role.PHYSICIAN, {"proceed": True})
    if failed & {"blood_pressure_in_range", "heart_rate_in_range", "oxygen_in_range"}:
        yield _measuring(state, session)
    if failed or approval is None:
        yield Said(c.CancelSession, Role.THERAPIST, {})
    else:
        doses = offered(state, state.protocol.routes[approval.route])
        dose = min(doses, default=approval.max_dose_mg / 2)
        yield Said(c.RecordAdministration, Role.NURSE, {"dose_mg": dose, "route": approval.route})


def _observing(state: Pathway, session: Session, now: datetime) -> Iterator[Said | datetime]:
    yield from _alarmed(state)
    look, last_dose = sitter_check_due(state), session.doses[-1]
    if look is not None and look <= now:
        yield Said(c.RecordSitterCheck, Role.THERAPIST, {})
    planned = state.protocol.routes[last_dose.route].infusion_min
    running = planned is not None and observed_from(state, session) is None
    over = last_dose.given_at + timedelta(minutes=planned.value) if running and planned is not None else None
    if over is not None and over <= now:
        yield Said(c.EndInfusion, Role.NURSE, {})
    ends = observation_ends(state, session)
    measured_at = session.readings[-1].measured_at if session.readings else None
    for _, instant in readings_due(state, session):
        if now < instant and (ends is None or instant <= ends):
            yield min(one for one in (instant, look, over) if one is not None)
        elif instant <= now and not is_taken(session, instant, timedelta(0)):
            yield _measuring(state, session)
    if ends is not None and now < ends:
        yield min(one for one in (ends, look) if one is not None)
    valid = timedelta(minutes=state.protocol.vitals.valid_min.value)
    if measured_at is None or measured_at <= last_dose.given_at or now - measured_at > valid:
        yield _measuring(state, session)
    if state.has_psychotherapy and not session.debriefed:
        yield Said(c.RecordDebrief, Role.THERAPIST, {})
    yield Said(c.DischargePatient, Role.NURSE, {})


def _emergencies(state: Pathway) -> Iterator[Said]:
    """The sitter is reached; somebody takes it on, a physician closes it, and it is looked at afterwards."""
    if state.cycle.session is not None and state.cycle.session.contact_lost_at is not None:
        yield Said(c.RecordSitterContact, Role.THERAPIST, {"reached": True})
    if state.emergency is not None:
        if state.emergency.acknowledged_by is None:
            yield Said(c.AcknowledgeEmergency, Role.PHYSICIAN, {})
        yield Said(c.CloseEmergency, Role.PHYSICIAN, {})
    for incident in state.incidents:
        yield Said(c.ReviewIncident, Role.PHYSICIAN, {"incident_id": incident.id})


def _alarmed(state: Pathway) -> Iterator[Said]:
    """Everything that went wrong is looked at."""
    for alarm in state.alarms:
        yield Said(c.ReviewVitalsAlarm, Role.PHYSICIAN, {"alarm_id": alarm.id})
    for event in unreviewed(state):
        yield Said(c.ReviewAdverseEvent, Role.PHYSICIAN, {"event_id": event.id})
    for event in awaiting_medwatch(state):
        yield Said(c.DecideMedwatch, Role.PHYSICIAN, {"event_id": event.id})


def _measuring(state: Pathway, session: Session) -> Said:
    return Said(c.RecordVitals, Role.NURSE, {"vitals": in_range(state.protocol, session.setting)})


def _integrating(state: Pathway, now: datetime) -> Iterator[Said | datetime]:
    session = state.cycle.session
    window = integration_window(state, session) if session is not None else None
    if window is not None and now < window[0]:
        yield window[0]
    yield Said(c.SignIntegrationNote, Role.THERAPIST, {"outcomes": all_kept(state)})


def all_kept(state: Pathway) -> tuple[PlanOutcome, ...]:
    """Nothing of the plan was given up since the visit before."""
    return tuple(PlanOutcome(item_id=item.id, result=PlanResult.KEPT) for item in state.integration.plan)


def in_range(protocol: Protocol, setting: Setting = Setting.CLINIC) -> Vitals:
    """Vital signs with which a dose may be given: each at the last value that is still in range."""
    rules = protocol.vitals
    go = rules.predose[setting].go
    return Vitals(
        systolic=int(go.systolic.value),
        diastolic=int(go.diastolic.value),
        heart_rate=int(rules.heart_rate_max_in(setting).value),
        spo2=int(rules.spo2_min.value),
    )


def route_in(protocol: Protocol, setting: Setting, treatment: TreatmentRoute = TreatmentRoute.KAP) -> DrugRoute:
    """A route of administration that the protocol allows in a treatment and setting, or else in the treatment."""
    routes = protocol.treatment(treatment).drug_routes
    return next((route for route in routes if setting in protocol.routes[route].settings), routes[0])
