"""What people tell a pathway to record or decide: one model per verb, in modules by noun."""

from schemas.commands.approval import ApproveDosing, RevokeApproval
from schemas.commands.base import Command
from schemas.commands.ends import (
    CompletePathway,
    DiscontinuePathway,
    DismissCancellation,
    ExtendSeries,
    RecordDeath,
    TransferCare,
)
from schemas.commands.enrolment import (
    AcceptReferral,
    DecideScreening,
    DeclineReferral,
    RecordConsent,
    WithdrawConsent,
)
from schemas.commands.identity import DecideMerge, ReviewRepeatedReferral
from schemas.commands.integration import SignIntegrationNote
from schemas.commands.preparation import SignPreparationNote
from schemas.commands.screening import (
    AcceptLab,
    AcceptMedication,
    ClearCondition,
    RecordHealthHistory,
    RecordLabs,
    RecordMedications,
    RecordWeight,
    StopMedication,
)
from schemas.commands.session import (
    CancelSession,
    CaptureInsight,
    CheckIn,
    DecidePredoseVitals,
    DischargePatient,
    LiftHold,
    RecordAdministration,
    RecordDebrief,
    RecordVitals,
    ScheduleSession,
)

ALL_COMMANDS: tuple[type[Command], ...] = (
    DecideMerge,
    ReviewRepeatedReferral,
    AcceptReferral,
    DeclineReferral,
    RecordHealthHistory,
    ClearCondition,
    RecordMedications,
    AcceptMedication,
    StopMedication,
    RecordLabs,
    AcceptLab,
    RecordWeight,
    DecideScreening,
    RecordConsent,
    WithdrawConsent,
    SignPreparationNote,
    ApproveDosing,
    RevokeApproval,
    ScheduleSession,
    CancelSession,
    CheckIn,
    RecordVitals,
    DecidePredoseVitals,
    LiftHold,
    RecordAdministration,
    CaptureInsight,
    RecordDebrief,
    DischargePatient,
    SignIntegrationNote,
    ExtendSeries,
    CompletePathway,
    DiscontinuePathway,
    TransferCare,
    RecordDeath,
    DismissCancellation,
)
"""Every command, in the order of the protocol."""

COMMANDS: dict[str, type[Command]] = {command.verb: command for command in ALL_COMMANDS}
"""Command models by verb."""

__all__ = [
    "ALL_COMMANDS",
    "COMMANDS",
    "AcceptLab",
    "AcceptMedication",
    "AcceptReferral",
    "ApproveDosing",
    "CancelSession",
    "CaptureInsight",
    "CheckIn",
    "ClearCondition",
    "Command",
    "CompletePathway",
    "DecideMerge",
    "DecidePredoseVitals",
    "DecideScreening",
    "DeclineReferral",
    "DischargePatient",
    "DiscontinuePathway",
    "DismissCancellation",
    "ExtendSeries",
    "LiftHold",
    "RecordAdministration",
    "RecordConsent",
    "RecordDeath",
    "RecordDebrief",
    "RecordHealthHistory",
    "RecordLabs",
    "RecordMedications",
    "RecordVitals",
    "RecordWeight",
    "ReviewRepeatedReferral",
    "RevokeApproval",
    "ScheduleSession",
    "SignIntegrationNote",
    "SignPreparationNote",
    "StopMedication",
    "TransferCare",
    "WithdrawConsent",
]
