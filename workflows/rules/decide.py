"""``decide``: what a command leads to, given the state and the time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from schemas import commands as c
from schemas.commands import Command
from schemas.facts import Fact
from schemas.pathway import Pathway
from schemas.refusals import Refusal
from workflows.rules import (
    appointments,
    approval,
    checkins,
    credentials,
    day_of,
    discharge,
    dose_plan,
    dosing,
    education,
    ends,
    enrolment,
    follow_up,
    identity,
    integration,
    measures,
    moving,
    no_show,
    observation,
    offers,
    pace,
    preparation,
    reaching,
    regulation,
    rems,
    risk,
    safety,
    screening,
    session,
    supply,
    team,
    thread,
    watching,
    whereabouts,
    work,
)
from workflows.rules.consents import capacity, signing, withdrawal
from workflows.rules.refusing import Refused, require

Rule = Callable[[Pathway, Any, datetime], list[Fact]]

RULES: dict[type[Command], Rule] = {
    c.DecideMerge: identity.decide_merge,
    c.ReviewRepeatedReferral: identity.review_repeated_referral,
    c.AcceptReferral: enrolment.accept_referral,
    c.DeclineReferral: enrolment.decline_referral,
    c.RecordCredentials: credentials.record_credentials,
    c.ChangeCareTeam: team.change_care_team,
    c.OfferTherapist: offers.offer_therapist,
    c.AnswerOffer: offers.answer_offer,
    c.WithdrawOffer: offers.withdraw_offer,
    c.NameCover: team.name_cover,
    c.EndCover: team.end_cover,
    c.ContinueSeries: team.continue_series,
    c.PostMessage: thread.post_message,
    c.ReviseMessage: thread.revise_message,
    c.AcknowledgeMessage: thread.acknowledge_message,
    c.RemindOwner: work.remind_owner,
    c.RequestHelp: work.request_help,
    c.TransferWork: work.transfer_work,
    c.AnswerTransfer: work.answer_transfer,
    c.CloseWork: work.close_work,
    c.RecordHealthHistory: screening.record_health_history,
    c.ClearCondition: screening.clear_condition,
    c.RecordMedications: screening.record_medications,
    c.AcceptMedication: screening.accept_medication,
    c.StopMedication: screening.stop_medication,
    c.RecordLabs: screening.record_labs,
    c.AcceptLab: screening.accept_lab,
    c.RecordWeight: screening.record_weight,
    c.DecideScreening: enrolment.decide_screening,
    c.RecordConsent: signing.record_consent,
    c.WithdrawConsent: withdrawal.withdraw_consent,
    c.AcknowledgeWithdrawal: withdrawal.acknowledge_withdrawal,
    c.RecordContinuation: withdrawal.record_continuation,
    c.QuestionCapacity: capacity.question_capacity,
    c.NoteCapacity: capacity.note_capacity,
    c.SignPreparationNote: preparation.sign_preparation_note,
    c.RecordInPersonVisit: regulation.record_in_person_visit,
    c.RecordWhereabouts: whereabouts.record_whereabouts,
    c.RecordRemsEnrolment: rems.record_rems_enrolment,
    c.ApproveDosing: approval.approve_dosing,
    c.RecordFollowUp: follow_up.record_follow_up,
    c.CountersignDosing: approval.countersign_dosing,
    c.ConfirmCondition: dose_plan.confirm_condition,
    c.ConfirmPace: pace.confirm_pace,
    c.ReviewSpacing: pace.review_spacing,
    c.AcknowledgeDosePlan: dose_plan.acknowledge_dose_plan,
    c.RevokeApproval: approval.revoke_approval,
    c.ReleaseSupply: supply.release_supply,
    c.CountSupply: supply.count_supply,
    c.ReviewSupply: supply.review_supply,
    c.ScheduleSession: session.schedule_session,
    c.CancelSession: session.cancel_session,
    c.ConfirmAppointment: appointments.confirm_appointment,
    c.RecordDayChecklist: day_of.record_day_checklist,
    c.CheckIn: session.check_in,
    c.RecordVitals: observation.record_vitals,
    c.DecidePredoseVitals: observation.decide_predose_vitals,
    c.LiftHold: observation.lift_hold,
    c.AcknowledgeHold: observation.acknowledge_hold,
    c.RecordAdministration: dosing.record_administration,
    c.RecordUnauthorisedAdministration: dosing.record_unauthorised_administration,
    c.EndInfusion: watching.end_infusion,
    c.RecordSitterCheck: watching.record_sitter_check,
    c.ReportContactLost: watching.report_contact_lost,
    c.RecordSitterContact: watching.record_sitter_contact,
    c.CaptureInsight: observation.capture_insight,
    c.RecordDebrief: observation.record_debrief,
    c.DischargePatient: discharge.discharge_patient,
    c.DeclareEmergency: safety.declare_emergency,
    c.AcknowledgeEmergency: safety.acknowledge_emergency,
    c.CloseEmergency: safety.close_emergency,
    c.ReviewIncident: safety.review_incident,
    c.ReviewVitalsAlarm: safety.review_vitals_alarm,
    c.RecordAdverseEvent: safety.record_adverse_event,
    c.ReviewAdverseEvent: safety.review_adverse_event,
    c.DecideMedwatch: safety.decide_medwatch,
    c.FileRemsForm: rems.file_rems_form,
    c.SignIntegrationNote: integration.sign_integration_note,
    c.RecordNoShow: no_show.record_no_show,
    c.ExtendSeries: ends.extend_series,
    c.MoveProtocol: moving.move_protocol,
    c.RecordMeasure: measures.record_measure,
    c.RecordRiskContact: risk.record_risk_contact,
    c.ClearRisk: risk.clear_risk,
    c.RecordCheckin: checkins.record_checkin,
    c.DecideWelfare: checkins.decide_welfare,
    c.DeclineSafetyContact: checkins.decline_safety_contact,
    c.RecordPatientContact: reaching.record_patient_contact,
    c.ChooseEducation: education.choose_education,
    c.CompletePathway: ends.complete_pathway,
    c.DiscontinuePathway: ends.discontinue_pathway,
    c.TransferCare: ends.transfer_care,
    c.RecordDeath: ends.record_death,
    c.DismissCancellation: ends.dismiss_cancellation,
}
"""The rule of each command."""


def decide(state: Pathway, command: Command, now: datetime) -> list[Fact] | Refusal:
    """The facts that ``command`` leads to at ``now``, or why it is refused. Changes nothing."""
    try:
        _require_acceptable(state, command, now)
        return RULES[type(command)](state, command, effective_at(command, now))
    except Refused as refused:
        return refused.refusal


def effective_at(command: Command, now: datetime) -> datetime:
    """The instant a command counts from: when it was observed, or now for a decision, which cannot be backdated."""
    if command.may_be_late and command.observed_at is not None:
        return min(command.observed_at, now)
    return now


def _require_acceptable(state: Pathway, command: Command, now: datetime) -> None:
    """What holds for every command: an open pathway, a role that may, a reason, and a version and time that fit."""
    require(state.closure is None, "pathway_closed", "The pathway is closed.")
    require(
        state.ending is None or command.after_the_end, "care_ended", "Care has ended; only the safety contact remains."
    )
    if command.actor.role not in command.by:
        may = ", ".join(sorted(command.by))
        raise Refused("role_not_allowed", "This role may not do this.", "actor.role", allowed=may)
    team.require_still_there(state, command)
    if command.needs_reason:
        require(command.reason, "reason_required", "This needs a reason.", "reason")
    if command.observed_at is not None:
        tolerance = timedelta(seconds=state.protocol.future_tolerance_s.value)
        require(command.observed_at <= now + tolerance, "observed_in_future", "It lies in the future.", "observed_at")
        began = command.observed_at >= state.opened_at
        require(began, "observed_before_opening", "It lies before the pathway was opened.", "observed_at")
    if command.expected_version is not None:
        require(
            command.expected_version == state.version,
            "stale_version",
            "The pathway has moved on; look at it again.",
            "expected_version",
            version=state.version,
        )
