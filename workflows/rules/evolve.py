"""``evolve``: the state that follows from a fact. Pure and total: it decides nothing and refuses nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from schemas import facts as f
from schemas.facts import Fact
from schemas.pathway import Pathway
from workflows.rules import (
    approval,
    checkins,
    credentials,
    ends,
    enrolment,
    follow_up,
    identity,
    integration,
    measures,
    moving,
    obligations,
    observation,
    pace,
    preparation,
    regulation,
    rems,
    risk,
    safety,
    screening,
    session,
    supply,
    team,
)
from workflows.rules.consents import capacity, signing, withdrawal

Evolution = Callable[[Pathway, Any, datetime], dict[str, Any]]


def _recorded_only(state: Pathway, fact: Fact, at: datetime) -> dict[str, Any]:
    """For facts that only the journal keeps."""
    del state, fact, at
    return {}


EVOLUTIONS: dict[type[Fact], Evolution] = {
    f.ReferralReceived: identity.referral_received,
    f.IdentityCompared: identity.identity_compared,
    f.MergeDecided: identity.merge_decided,
    f.ReferralRepeated: identity.referral_repeated,
    f.RepeatedReferralReviewed: identity.repeated_referral_reviewed,
    f.ReferralAccepted: enrolment.referral_accepted,
    f.ReferralDeclined: enrolment.referral_declined,
    f.CareTeamChanged: team.care_team_changed,
    f.CoverNamed: team.cover_named,
    f.CoverBegan: team.cover_began,
    f.CoverEnded: team.cover_ended,
    f.SeriesContinued: team.series_continued,
    f.CredentialsRecorded: credentials.credentials_recorded,
    f.CredentialEnding: credentials.credential_ending,
    f.CredentialLapsed: credentials.credential_lapsed,
    f.HealthHistoryRecorded: screening.health_history_recorded,
    f.ConditionCleared: screening.condition_cleared,
    f.MedicationsRecorded: screening.medications_recorded,
    f.MedicationAccepted: screening.medication_accepted,
    f.MedicationStopped: screening.medication_stopped,
    f.WashoutPassed: screening.washout_passed,
    f.ScreeningLapsed: screening.screening_lapsed,
    f.LabRecorded: screening.lab_recorded,
    f.LabAccepted: screening.lab_accepted,
    f.WeightRecorded: screening.weight_recorded,
    f.ScreeningDecided: enrolment.screening_decided,
    f.ConsentRecorded: signing.consent_recorded,
    f.ConsentRenewalDue: signing.consent_renewal_due,
    f.ConsentExpired: signing.consent_expired,
    f.ConsentWithdrawn: withdrawal.consent_withdrawn,
    f.WithdrawalAcknowledged: withdrawal.withdrawal_acknowledged,
    f.ContinuationRecorded: withdrawal.continuation_recorded,
    f.PreparationVoided: withdrawal.preparation_voided,
    f.CapacityQuestioned: capacity.capacity_questioned,
    f.CapacityNoted: capacity.capacity_noted,
    f.PreparationNoteSigned: preparation.preparation_note_signed,
    f.InPersonVisitRecorded: regulation.in_person_visit_recorded,
    f.TelemedicineEndNeared: regulation.telemedicine_end_neared,
    f.RemsEnrolmentRecorded: rems.rems_enrolment_recorded,
    f.DosingApproved: approval.dosing_approved,
    f.DosingCountersigned: approval.dosing_countersigned,
    f.ConditionConfirmed: approval.condition_confirmed,
    f.PaceConfirmed: pace.pace_confirmed,
    f.SpacingReviewed: pace.spacing_reviewed,
    f.DosePlanAcknowledged: approval.dose_plan_acknowledged,
    f.ApprovalSuspended: approval.approval_suspended,
    f.FollowUpRecorded: follow_up.follow_up_recorded,
    f.ApprovalRevoked: approval.approval_revoked,
    f.ApprovalExpired: approval.approval_expired,
    f.SupplyReleased: supply.supply_released,
    f.SupplyCounted: supply.supply_counted,
    f.SupplyReviewed: supply.supply_reviewed,
    f.SessionScheduled: session.session_scheduled,
    f.SessionCancelled: session.session_cancelled,
    f.SessionReminderDue: session.session_reminder_due,
    f.PatientCheckedIn: session.patient_checked_in,
    f.VitalsRecorded: observation.vitals_recorded,
    f.PredoseVitalsDecided: observation.predose_vitals_decided,
    f.SessionHeld: observation.session_held,
    f.HoldLifted: observation.hold_lifted,
    f.DrugAdministered: session.drug_administered,
    f.InsightCaptured: _recorded_only,
    f.DebriefRecorded: observation.debrief_recorded,
    f.PatientDischarged: session.patient_discharged,
    f.AdverseEventRecorded: safety.adverse_event_recorded,
    f.AdverseEventReviewed: safety.adverse_event_reviewed,
    f.EmergencyAcknowledged: safety.emergency_acknowledged,
    f.EmergencyClosed: safety.emergency_closed,
    f.EmergencyDeclared: safety.emergency_declared,
    f.IncidentReviewed: safety.incident_reviewed,
    f.MedwatchDecided: safety.medwatch_decided,
    f.VitalsAlarmed: safety.vitals_alarmed,
    f.VitalsAlarmReviewed: safety.vitals_alarm_reviewed,
    f.VitalsBecameLate: safety.vitals_became_late,
    f.RemsFormFiled: rems.rems_form_filed,
    f.IntegrationNoteSigned: integration.integration_note_signed,
    f.IntegrationBecameOverdue: integration.integration_became_overdue,
    f.ProtocolMoved: moving.protocol_moved,
    f.MeasureRecorded: measures.measure_recorded,
    f.RiskUnassessed: risk.risk_unassessed,
    f.RiskContactRecorded: risk.risk_contact_recorded,
    f.RiskCleared: risk.risk_cleared,
    f.CheckinDue: checkins.checkin_due,
    f.CheckinMissed: checkins.checkin_missed,
    f.CheckinAttempted: checkins.checkin_attempted,
    f.CheckinRecorded: checkins.checkin_recorded,
    f.WelfareDecided: checkins.welfare_decided,
    f.SafetyContactDeclined: checkins.safety_contact_declined,
    f.PathwayCompleted: ends.pathway_completed,
    f.SeriesExtended: ends.series_extended,
    f.PathwayDiscontinued: ends.pathway_discontinued,
    f.CareTransferred: ends.care_transferred,
    f.DeathRecorded: ends.death_recorded,
    f.SafetyContactEnded: ends.safety_contact_ended,
    f.CancellationRequested: ends.cancellation_requested,
    f.CancellationDismissed: ends.cancellation_dismissed,
    f.WorkItemOpened: obligations.work_item_opened,
    f.WorkItemClosed: obligations.work_item_closed,
    f.WorkItemReassigned: obligations.work_item_reassigned,
    f.WorkItemOverdue: obligations.work_item_overdue,
    f.MessageRequested: obligations.message_requested,
    f.MessageWithdrawn: _recorded_only,
}
"""What each fact changes."""


def evolve(state: Pathway, fact: Fact, at: datetime) -> Pathway:
    """The state after ``fact``, which counts from ``at``. Each fact is one version."""
    changes = EVOLUTIONS[type(fact)](state, fact, at)
    return state.model_copy(update={**changes, "version": state.version + 1})
