"""What happened: past-tense facts in modules by noun, and the event that carries one into the journal."""

from typing import Annotated, get_args

from pydantic import Field

from schemas.facts.approval import (
    ApprovalExpired,
    ApprovalRevoked,
    ApprovalSuspended,
    ConditionConfirmed,
    DosePlanAcknowledged,
    DosingApproved,
    DosingCountersigned,
    FollowUpRecorded,
)
from schemas.facts.base import Fact
from schemas.facts.checkins import (
    CheckinAttempted,
    CheckinDue,
    CheckinMissed,
    CheckinRecorded,
    MissedStage,
    SafetyContactDeclined,
    WelfareDecided,
)
from schemas.facts.consents import (
    CapacityNoted,
    CapacityQuestioned,
    ConsentExpired,
    ConsentRecorded,
    ConsentRenewalDue,
    ConsentWithdrawn,
    ContinuationRecorded,
    PreparationVoided,
    WithdrawalAcknowledged,
)
from schemas.facts.day_of import DayChecklistRecorded
from schemas.facts.education import EducationChosen, EducationDue
from schemas.facts.ends import (
    CancellationDismissed,
    CancellationRequested,
    CareTransferred,
    DeathRecorded,
    PathwayCompleted,
    PathwayDiscontinued,
    SafetyContactEnded,
    SeriesExtended,
)
from schemas.facts.enrolment import ReferralAccepted, ReferralDeclined, ReferralReceived, ScreeningDecided
from schemas.facts.identity import IdentityCompared, MergeDecided, ReferralRepeated, RepeatedReferralReviewed
from schemas.facts.integration import (
    IntegrationBecameOverdue,
    IntegrationDeviated,
    IntegrationNoteSigned,
    VisitMissed,
)
from schemas.facts.measures import MeasureRecorded, RiskCleared, RiskContactRecorded, RiskUnassessed
from schemas.facts.offers import (
    TherapistOfferAnswered,
    TherapistOffered,
    TherapistOfferExpired,
    TherapistOfferWithdrawn,
)
from schemas.facts.pace import PaceConfirmed, SpacingReviewed
from schemas.facts.preparation import PreparationNoteSigned
from schemas.facts.protocol import ProtocolMoved
from schemas.facts.reaching import PatientContactRecorded, PatientNotReached
from schemas.facts.regulation import (
    InPersonVisitRecorded,
    RemsEnrolmentRecorded,
    RemsFormFiled,
    TelemedicineEndNeared,
    WhereaboutsRecorded,
)
from schemas.facts.safety import (
    AdverseEventRecorded,
    AdverseEventReviewed,
    EmergencyAcknowledged,
    EmergencyClosed,
    EmergencyDeclared,
    IncidentReviewed,
    MedwatchDecided,
    VitalsAlarmed,
    VitalsAlarmReviewed,
    VitalsBecameLate,
)
from schemas.facts.screening import (
    ConditionCleared,
    HealthHistoryRecorded,
    LabAccepted,
    LabRecorded,
    MedicationAccepted,
    MedicationsRecorded,
    MedicationStopped,
    ScreeningLapsed,
    WashoutPassed,
    WeightRecorded,
)
from schemas.facts.session import (
    AppointmentConfirmed,
    DebriefRecorded,
    DrugAdministered,
    FastingReminderDue,
    HoldAcknowledged,
    HoldLifted,
    InsightCaptured,
    PatientCheckedIn,
    PatientDischarged,
    PredoseVitalsDecided,
    SessionCancelled,
    SessionCutoffReached,
    SessionDayBegun,
    SessionHeld,
    SessionReleased,
    SessionReminderDue,
    SessionScheduled,
    UnauthorisedAdministration,
    VitalsRecorded,
)
from schemas.facts.supply import SupplyCounted, SupplyReleased, SupplyReviewed
from schemas.facts.team import (
    CareTeamChanged,
    CoverBegan,
    CoverEnded,
    CoverNamed,
    CredentialEnding,
    CredentialLapsed,
    CredentialsRecorded,
    SeriesContinued,
)
from schemas.facts.thread import ThreadMessageAcknowledged, ThreadMessagePosted, ThreadMessageRevised
from schemas.facts.watching import (
    ContactLost,
    ContactStayedLost,
    InfusionEnded,
    SitterCheckBecameLate,
    SitterChecked,
    SitterContacted,
)
from schemas.facts.work import (
    MessageRequested,
    MessageWithdrawn,
    WorkHelpRequested,
    WorkItemClosed,
    WorkItemOpened,
    WorkItemOverdue,
    WorkItemReassigned,
    WorkReminded,
    WorkTransferAnswered,
    WorkTransferExpired,
    WorkTransferOffered,
)

AnyFact = Annotated[
    ReferralReceived
    | IdentityCompared
    | MergeDecided
    | ReferralRepeated
    | RepeatedReferralReviewed
    | ReferralAccepted
    | ReferralDeclined
    | CareTeamChanged
    | TherapistOffered
    | TherapistOfferAnswered
    | TherapistOfferExpired
    | TherapistOfferWithdrawn
    | ThreadMessagePosted
    | ThreadMessageRevised
    | ThreadMessageAcknowledged
    | CoverNamed
    | CoverBegan
    | CoverEnded
    | SeriesContinued
    | CredentialsRecorded
    | CredentialEnding
    | CredentialLapsed
    | HealthHistoryRecorded
    | ConditionCleared
    | MedicationsRecorded
    | MedicationAccepted
    | MedicationStopped
    | WashoutPassed
    | ScreeningLapsed
    | LabRecorded
    | LabAccepted
    | WeightRecorded
    | ScreeningDecided
    | ConsentRecorded
    | ConsentWithdrawn
    | ConsentRenewalDue
    | ConsentExpired
    | WithdrawalAcknowledged
    | ContinuationRecorded
    | CapacityQuestioned
    | CapacityNoted
    | PreparationVoided
    | PreparationNoteSigned
    | InPersonVisitRecorded
    | WhereaboutsRecorded
    | TelemedicineEndNeared
    | RemsEnrolmentRecorded
    | DosingApproved
    | DosingCountersigned
    | ConditionConfirmed
    | PaceConfirmed
    | SpacingReviewed
    | DosePlanAcknowledged
    | ApprovalSuspended
    | FollowUpRecorded
    | ApprovalRevoked
    | ApprovalExpired
    | SupplyReleased
    | SupplyCounted
    | SupplyReviewed
    | SessionScheduled
    | AppointmentConfirmed
    | SessionCancelled
    | SessionReleased
    | SessionDayBegun
    | SessionCutoffReached
    | FastingReminderDue
    | SessionReminderDue
    | DayChecklistRecorded
    | PatientCheckedIn
    | VitalsRecorded
    | PredoseVitalsDecided
    | SessionHeld
    | HoldAcknowledged
    | HoldLifted
    | DrugAdministered
    | UnauthorisedAdministration
    | InfusionEnded
    | SitterChecked
    | SitterCheckBecameLate
    | ContactLost
    | SitterContacted
    | ContactStayedLost
    | InsightCaptured
    | DebriefRecorded
    | PatientDischarged
    | RemsFormFiled
    | VitalsBecameLate
    | VitalsAlarmed
    | VitalsAlarmReviewed
    | EmergencyDeclared
    | EmergencyAcknowledged
    | EmergencyClosed
    | IncidentReviewed
    | AdverseEventRecorded
    | AdverseEventReviewed
    | MedwatchDecided
    | IntegrationNoteSigned
    | IntegrationBecameOverdue
    | ProtocolMoved
    | IntegrationDeviated
    | VisitMissed
    | MeasureRecorded
    | RiskUnassessed
    | RiskContactRecorded
    | RiskCleared
    | CheckinDue
    | CheckinMissed
    | CheckinAttempted
    | CheckinRecorded
    | WelfareDecided
    | SafetyContactDeclined
    | PatientNotReached
    | PatientContactRecorded
    | EducationChosen
    | EducationDue
    | PathwayCompleted
    | SeriesExtended
    | PathwayDiscontinued
    | CareTransferred
    | DeathRecorded
    | SafetyContactEnded
    | CancellationRequested
    | CancellationDismissed
    | WorkItemOpened
    | WorkItemClosed
    | WorkItemReassigned
    | WorkReminded
    | WorkHelpRequested
    | WorkTransferOffered
    | WorkTransferAnswered
    | WorkTransferExpired
    | WorkItemOverdue
    | MessageRequested
    | MessageWithdrawn,
    Field(discriminator="type"),
]
"""A fact of any type, in the order of the protocol; told apart by its ``type``."""

ALL_FACTS: tuple[type[Fact], ...] = get_args(get_args(AnyFact)[0])
"""Every fact."""

__all__ = [
    "ALL_FACTS",
    "AdverseEventRecorded",
    "AdverseEventReviewed",
    "AnyFact",
    "AppointmentConfirmed",
    "ApprovalExpired",
    "ApprovalRevoked",
    "ApprovalSuspended",
    "CancellationDismissed",
    "CancellationRequested",
    "CapacityNoted",
    "CapacityQuestioned",
    "CareTeamChanged",
    "CareTransferred",
    "CheckinAttempted",
    "CheckinDue",
    "CheckinMissed",
    "CheckinRecorded",
    "ConditionCleared",
    "ConditionConfirmed",
    "ConsentExpired",
    "ConsentRecorded",
    "ConsentRenewalDue",
    "ConsentWithdrawn",
    "ContactLost",
    "ContactStayedLost",
    "ContinuationRecorded",
    "CoverBegan",
    "CoverEnded",
    "CoverNamed",
    "CredentialEnding",
    "CredentialLapsed",
    "CredentialsRecorded",
    "DayChecklistRecorded",
    "DeathRecorded",
    "DebriefRecorded",
    "DosePlanAcknowledged",
    "DosingApproved",
    "DosingCountersigned",
    "DrugAdministered",
    "EducationChosen",
    "EducationDue",
    "EmergencyAcknowledged",
    "EmergencyClosed",
    "EmergencyDeclared",
    "Fact",
    "FastingReminderDue",
    "FollowUpRecorded",
    "HealthHistoryRecorded",
    "HoldAcknowledged",
    "HoldLifted",
    "IdentityCompared",
    "InPersonVisitRecorded",
    "IncidentReviewed",
    "InfusionEnded",
    "InsightCaptured",
    "IntegrationBecameOverdue",
    "IntegrationDeviated",
    "IntegrationNoteSigned",
    "LabAccepted",
    "LabRecorded",
    "MeasureRecorded",
    "MedicationAccepted",
    "MedicationStopped",
    "MedicationsRecorded",
    "MedwatchDecided",
    "MergeDecided",
    "MessageRequested",
    "MessageWithdrawn",
    "MissedStage",
    "PaceConfirmed",
    "PathwayCompleted",
    "PathwayDiscontinued",
    "PatientCheckedIn",
    "PatientContactRecorded",
    "PatientDischarged",
    "PatientNotReached",
    "PredoseVitalsDecided",
    "PreparationNoteSigned",
    "PreparationVoided",
    "ProtocolMoved",
    "ReferralAccepted",
    "ReferralDeclined",
    "ReferralReceived",
    "ReferralRepeated",
    "RemsEnrolmentRecorded",
    "RemsFormFiled",
    "RepeatedReferralReviewed",
    "RiskCleared",
    "RiskContactRecorded",
    "RiskUnassessed",
    "SafetyContactDeclined",
    "SafetyContactEnded",
    "ScreeningDecided",
    "ScreeningLapsed",
    "SeriesContinued",
    "SeriesExtended",
    "SessionCancelled",
    "SessionCutoffReached",
    "SessionDayBegun",
    "SessionHeld",
    "SessionReleased",
    "SessionReminderDue",
    "SessionScheduled",
    "SitterCheckBecameLate",
    "SitterChecked",
    "SitterContacted",
    "SpacingReviewed",
    "SupplyCounted",
    "SupplyReleased",
    "SupplyReviewed",
    "TelemedicineEndNeared",
    "TherapistOfferAnswered",
    "TherapistOfferExpired",
    "TherapistOfferWithdrawn",
    "TherapistOffered",
    "ThreadMessageAcknowledged",
    "ThreadMessagePosted",
    "ThreadMessageRevised",
    "UnauthorisedAdministration",
    "VisitMissed",
    "VitalsAlarmReviewed",
    "VitalsAlarmed",
    "VitalsBecameLate",
    "VitalsRecorded",
    "WashoutPassed",
    "WeightRecorded",
    "WelfareDecided",
    "WhereaboutsRecorded",
    "WithdrawalAcknowledged",
    "WorkHelpRequested",
    "WorkItemClosed",
    "WorkItemOpened",
    "WorkItemOverdue",
    "WorkItemReassigned",
    "WorkReminded",
    "WorkTransferAnswered",
    "WorkTransferExpired",
    "WorkTransferOffered",
]
