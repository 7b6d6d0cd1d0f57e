"""Who may cause which fact: a table beside the rules, for the record is read independently of them."""

from typing import Final

from schemas import facts as f
from schemas.actors import CLINICIANS, STAFF, Role

BY_TIME: Final = {
    f.ApprovalExpired,
    f.ApprovalSuspended,
    f.VitalsBecameLate,
    f.WashoutPassed,
    f.ScreeningLapsed,
    f.SessionReminderDue,
    f.IntegrationBecameOverdue,
    f.RiskUnassessed,
    f.CheckinDue,
    f.CheckinMissed,
    f.TelemedicineEndNeared,
    f.WorkItemOpened,
    f.WorkItemOverdue,
    f.MessageRequested,
}
"""What may happen without a human: something is taken away, owed or told. Nothing is approved, cleared or completed."""

AFTER_THE_END: Final = {
    f.EmergencyDeclared,
    f.EmergencyAcknowledged,
    f.EmergencyClosed,
    f.IncidentReviewed,
    f.VitalsAlarmReviewed,
    f.AdverseEventRecorded,
    f.AdverseEventReviewed,
    f.MedwatchDecided,
    f.SafetyContactEnded,
    f.DeathRecorded,
    f.CancellationRequested,
    f.CancellationDismissed,
    f.MeasureRecorded,
    f.RiskUnassessed,
    f.RiskContactRecorded,
    f.CheckinDue,
    f.CheckinMissed,
    f.SupplyCounted,
    f.CheckinAttempted,
    f.CheckinRecorded,
    f.WelfareDecided,
    f.SafetyContactDeclined,
    f.WorkItemOpened,
    f.WorkItemOverdue,
    f.WorkItemClosed,
    f.MessageRequested,
    f.MessageWithdrawn,
}
"""What may still be recorded once care has ended; of series nothing."""

BY_ENGINE: Final = BY_TIME | {f.ReferralReceived, f.IdentityCompared, f.ReferralRepeated, f.CancellationRequested}
"""What may be recorded without a human of the care team."""

ONLY_BY: Final = {
    f.MergeDecided: {Role.COORDINATOR, Role.PHYSICIAN},
    f.RepeatedReferralReviewed: {Role.COORDINATOR, Role.PHYSICIAN},
    f.ReferralAccepted: {Role.COORDINATOR, Role.PHYSICIAN},
    f.ReferralDeclined: {Role.COORDINATOR, Role.PHYSICIAN},
    f.ConditionCleared: {Role.PHYSICIAN},
    f.MedicationAccepted: {Role.PHYSICIAN},
    f.LabAccepted: {Role.PHYSICIAN},
    f.ScreeningDecided: {Role.PHYSICIAN},
    f.InPersonVisitRecorded: {Role.PHYSICIAN, Role.NURSE},
    f.DosingApproved: {Role.PHYSICIAN},
    f.DosingCountersigned: {Role.PHYSICIAN},
    f.DosePlanAcknowledged: {Role.THERAPIST, Role.PATIENT},
    f.FollowUpRecorded: {Role.PHYSICIAN},
    f.ApprovalRevoked: {Role.PHYSICIAN},
    f.SupplyReleased: {Role.PHYSICIAN},
    f.SupplyReviewed: {Role.PHYSICIAN},
    f.SupplyCounted: CLINICIANS | {Role.PATIENT},
    f.HoldLifted: {Role.PHYSICIAN},
    f.PredoseVitalsDecided: {Role.PHYSICIAN},
    f.SeriesExtended: {Role.PHYSICIAN},
    f.CareTransferred: {Role.PHYSICIAN},
    f.DeathRecorded: {Role.PHYSICIAN, Role.COORDINATOR},
    f.PathwayCompleted: {Role.PHYSICIAN},
    f.PreparationNoteSigned: {Role.THERAPIST},
    f.IntegrationNoteSigned: {Role.THERAPIST},
    f.DebriefRecorded: {Role.THERAPIST},
    f.SessionScheduled: STAFF,
    f.PatientCheckedIn: STAFF,
    f.VitalsRecorded: CLINICIANS,
    f.DrugAdministered: CLINICIANS,
    f.EmergencyClosed: {Role.PHYSICIAN},
    f.IncidentReviewed: {Role.PHYSICIAN},
    f.VitalsAlarmReviewed: {Role.PHYSICIAN},
    f.AdverseEventReviewed: {Role.PHYSICIAN},
    f.MedwatchDecided: {Role.PHYSICIAN},
    f.EmergencyAcknowledged: CLINICIANS,
    f.PatientDischarged: CLINICIANS,
    f.RiskCleared: CLINICIANS,
    f.RiskContactRecorded: CLINICIANS,
    f.CheckinAttempted: STAFF,
    f.WelfareDecided: CLINICIANS,
}
