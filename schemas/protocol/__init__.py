"""The clinical protocol as data: every number with its unit, its source and where it comes from.

The files are in ``schemas/protocols``. A pathway pins the content it enrolled under, so that neither a replay nor a
decision ever depends on a file that somebody edits later.
"""

from schemas.protocol.checkins import CheckinRule, CheckinRules
from schemas.protocol.consents import ConsentNeed, ConsentRule, ConsentRules
from schemas.protocol.day_of import DayRules, FastingRules
from schemas.protocol.document import Protocol, Signature
from schemas.protocol.dosing import Approvals, ApprovalTerms, BoosterRules, LaterSpacing, RouteLimits, Series
from schemas.protocol.eligibility import EligibilityRules
from schemas.protocol.follow_up import FollowUpRules
from schemas.protocol.instruments import Instruments, RiskWindows, Scale, Screener
from schemas.protocol.integration import IntegrationRules
from schemas.protocol.medications import MedicationRules
from schemas.protocol.messages import MessageRules
from schemas.protocol.monitoring import MonitoringRules
from schemas.protocol.pace import PaceRules
from schemas.protocol.preparation import PreparationRules
from schemas.protocol.quantity import Provenance, Quantity
from schemas.protocol.referral import Indication, ReferralRules
from schemas.protocol.regulation import HomeRule, RegulationRules, RemsRules, StateRule, TelemedicineRule
from schemas.protocol.session import SessionRules
from schemas.protocol.supply import SupplyRules
from schemas.protocol.team import CareTeamRules, RoleCredentials
from schemas.protocol.thread import ThreadRules, Update
from schemas.protocol.treatments import TreatmentRules
from schemas.protocol.vitals import BloodPressure, PredoseLimits, VitalsRules
from schemas.protocol.work import ColleagueRules, Ladder, WorkRule

__all__ = [
    "ApprovalTerms",
    "Approvals",
    "BloodPressure",
    "BoosterRules",
    "CareTeamRules",
    "CheckinRule",
    "CheckinRules",
    "ColleagueRules",
    "ConsentNeed",
    "ConsentRule",
    "ConsentRules",
    "DayRules",
    "EligibilityRules",
    "FastingRules",
    "FollowUpRules",
    "HomeRule",
    "Indication",
    "Instruments",
    "IntegrationRules",
    "Ladder",
    "LaterSpacing",
    "MedicationRules",
    "MessageRules",
    "MonitoringRules",
    "PaceRules",
    "PredoseLimits",
    "PreparationRules",
    "Protocol",
    "Provenance",
    "Quantity",
    "ReferralRules",
    "RegulationRules",
    "RemsRules",
    "RiskWindows",
    "RoleCredentials",
    "RouteLimits",
    "Scale",
    "Screener",
    "Series",
    "SessionRules",
    "Signature",
    "StateRule",
    "SupplyRules",
    "TelemedicineRule",
    "ThreadRules",
    "TreatmentRules",
    "Update",
    "VitalsRules",
    "WorkRule",
]
