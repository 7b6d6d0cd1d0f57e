"""One version of the clinical protocol, whole.

A section that is absent asks for nothing: so a pathway that was pinned to an older protocol goes on under the rules it
enrolled under. A new file has every section; ``kap protocol check`` says which one is missing.
"""

from typing import Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model, ShortId
from schemas.consents import ConsentUse
from schemas.protocol.business_days import BusinessDays
from schemas.protocol.checkins import CheckinRules
from schemas.protocol.consents import ConsentNeed, ConsentRule, ConsentRules
from schemas.protocol.day_of import DayRules
from schemas.protocol.dosing import Approvals, BoosterRules, RouteLimits, Series
from schemas.protocol.education import EducationRules
from schemas.protocol.eligibility import EligibilityRules
from schemas.protocol.follow_up import FollowUpRules
from schemas.protocol.instruments import Instruments
from schemas.protocol.integration import IntegrationRules
from schemas.protocol.medications import MedicationRules
from schemas.protocol.messages import MessageRules
from schemas.protocol.monitoring import MonitoringRules
from schemas.protocol.pace import PaceRules
from schemas.protocol.preparation import PreparationRules
from schemas.protocol.quantity import Provenance, Quantity
from schemas.protocol.referral import ReferralRules
from schemas.protocol.regulation import RegulationRules
from schemas.protocol.rounds import RoundRules
from schemas.protocol.session import SessionRules
from schemas.protocol.supply import SupplyRules
from schemas.protocol.team import CareTeamRules
from schemas.protocol.thread import ThreadRules
from schemas.protocol.treatments import TreatmentRules
from schemas.protocol.vitals import VitalsRules
from schemas.protocol.work import ColleagueRules, Ladder, WorkRule
from schemas.refusals import Unacceptable
from schemas.treatment import DrugRoute, Setting, TreatmentRoute
from schemas.work import Priority, WorkKind


class Signature(Model):
    """The medical director's sign-off of a version."""

    signed_by: Line
    signed_on: Line


class Protocol(Model):
    """One version of the clinical protocol."""

    id: ShortId
    version: ShortId
    title: Line
    signature: Signature | None = None
    future_tolerance_s: Quantity
    referral: ReferralRules | None = None
    eligibility: EligibilityRules | None = None
    medications: MedicationRules | None = None
    consents: ConsentRules | None = None
    consent_kinds: tuple[Id, ...] = Field(default=(), description="Of a protocol without a section of consents.")
    consent_version: Id | None = Field(default=None, description="Of a protocol without a section of consents.")
    treatments: dict[TreatmentRoute, TreatmentRules] = Field(default_factory=dict)
    series: Series = Field(description="The series of every treatment route that has none of its own.")
    pace: PaceRules | None = None
    preparation: PreparationRules | None = None
    approval: Approvals
    booster: BoosterRules | None = None
    supply: SupplyRules | None = None
    regulation: RegulationRules | None = None
    care_team: CareTeamRules | None = None
    routes: dict[DrugRoute, RouteLimits]
    vitals: VitalsRules
    session: SessionRules
    day_of: DayRules | None = None
    monitoring: MonitoringRules | None = None
    integration: IntegrationRules
    follow_up: FollowUpRules | None = None
    instruments: Instruments | None = None
    checkins: CheckinRules | None = None
    messages: MessageRules | None = None
    thread: ThreadRules | None = None
    colleagues: ColleagueRules | None = None
    education: EducationRules | None = None
    rounds: RoundRules | None = None
    business_days: BusinessDays | None = None
    work: dict[WorkKind, WorkRule]
    ladder: Ladder
    ladders: dict[Priority, Ladder] = Field(default_factory=dict, description="Those of work that is pressing.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.consents is None and (not self.consent_kinds or self.consent_version is None):
            raise Unacceptable("the consents are missing")
        if any(setting not in self.vitals.predose for setting in Setting):
            raise Unacceptable("blood pressure limits are missing for a setting")
        for rules in self.treatments.values():
            if any(route not in self.routes for route in rules.drug_routes):
                raise Unacceptable("a treatment route names a route of administration without limits")
        if self.checkins is not None:
            known = {*self.instruments.scales, *self.instruments.screeners} if self.instruments else set()
            if not self.checkins.asked <= known:
                raise Unacceptable("a check-in asks for a questionnaire that the protocol does not have")
        return self

    @property
    def name(self) -> str:
        """Identifier and version in one readable word."""
        return f"{self.id}:{self.version}"

    @property
    def consent_rules(self) -> ConsentRules:
        """The consents; of a protocol that only lists kinds in one version, everybody needs each, at any time."""
        if self.consents is not None:
            return self.consents
        kinds = {
            kind: ConsentRule(
                title=kind,
                version=self.consent_version or "",
                needed=ConsentNeed.EVERYBODY,
                covers=ConsentUse.TREATMENT,
                provenance=Provenance.DESIGN_DEFAULT,
            )
            for kind in self.consent_kinds
        }
        return ConsentRules(kinds=kinds, source=self.title)

    def treatment(self, route: TreatmentRoute) -> TreatmentRules:
        """What belongs to a treatment route; psychotherapy and all that is allowed, where the protocol says nothing."""
        return self.treatments.get(route) or TreatmentRules(
            title=self.title,
            psychotherapy=True,
            settings=tuple(Setting),
            drug_routes=tuple(self.routes),
            series=self.series,
            source=self.title,
        )

    def series_of(self, route: TreatmentRoute) -> Series:
        """The series of a treatment route."""
        return self.treatment(route).series or self.series

    def work_rule(self, kind: WorkKind) -> WorkRule:
        """Who owes a kind of work; kinds younger than the protocol follow its rule for reviewing a hold."""
        return self.work.get(kind) or self.work[WorkKind.REVIEW_HOLD]

    def ladder_of(self, kind: WorkKind, priority: Priority | None = None) -> Ladder:
        """When unfinished work of a kind is raised again; ``priority`` where it has one of its own."""
        rule = self.work_rule(kind)
        pressing = priority or rule.priority
        of_priority = self.ladders.get(pressing) if pressing is not None else None
        return rule.ladder or of_priority or self.ladder
