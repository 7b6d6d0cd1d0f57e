"""Auditors beside the chart: each reads the record for one noun, from the facts and the protocol alone."""

from typing import Protocol as Interface

from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.rules.audits.approval import ApprovalAudit
from tests.rules.audits.checkins import CheckinAudit
from tests.rules.audits.consents import ConsentAudit
from tests.rules.audits.day_of import DayAudit
from tests.rules.audits.integration import IntegrationAudit
from tests.rules.audits.invitations import InvitationAudit
from tests.rules.audits.pace import PaceAudit
from tests.rules.audits.preparation import PreparationAudit
from tests.rules.audits.regulation import RegulationAudit
from tests.rules.audits.risk import RiskAudit
from tests.rules.audits.screening import ScreeningAudit
from tests.rules.audits.slot import SlotAudit
from tests.rules.audits.supply import SupplyAudit
from tests.rules.audits.team import TeamAudit
from tests.support.course import Entry


class Audit(Interface):
    """Reads entries in order and objects to the first that should not be there."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None: ...

    def read(self, entry: Entry) -> None:
        """Take in one entry.

        Raises:
            AssertionError: It should not be there.
        """

    def agrees_with(self, state: Pathway) -> None:
        """Compare with the state.

        Raises:
            AssertionError: They differ.
        """


AUDITS: tuple[type[Audit], ...] = (
    RiskAudit,
    CheckinAudit,
    ScreeningAudit,
    SupplyAudit,
    RegulationAudit,
    ApprovalAudit,
    PaceAudit,
    TeamAudit,
    InvitationAudit,
    ConsentAudit,
    PreparationAudit,
    IntegrationAudit,
    SlotAudit,
    DayAudit,
)
"""Every auditor; each reads every course of the property tests."""
