"""Consents in the record: what each dose rested on, and that nothing was signed by somebody who could not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.consents import ConsentUse
from schemas.messages import Template
from schemas.pathway import Pathway
from schemas.protocol import ConsentNeed, Protocol
from schemas.treatment import Approval, DrugRoute, Setting
from schemas.work import WorkKind
from tests.support.course import Entry
from tests.support.protocols import given

SERIES = {Template.SESSION_REMINDER, Template.INTEGRATION_OVERDUE, Template.APPROVAL_REQUESTED}
"""What belongs to a series, and is sent to nobody who has left it."""


class ConsentAudit:
    """Keeps the spans of each consent, and reads every signature, approval and dose against them."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.consent_rules
        self.opening = opening
        self.spans: dict[str, list[tuple[datetime, datetime | None]]] = {}
        self.ends: dict[str, datetime | None] = {}
        self.left_at: dict[str, datetime] = {}
        """Withdrawn, and not signed anew."""
        self.settings: dict[str, Setting] = {}
        self.drug: list[datetime] = []
        self.acting: set[str] = set()
        self.approvals: dict[str, Approval] = {}
        self.doubt: datetime | None = None
        self.noted_at: datetime | None = None

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        handler = getattr(self, f"_{entry.fact.type}", None)
        if handler is not None:
            handler(entry.fact, entry)

    # Signatures

    def _consent_recorded(self, fact: f.ConsentRecorded, entry: Entry) -> None:
        rule = self.rules.kinds[fact.kind]
        assert fact.version == rule.version, "another version"
        assert set(fact.acknowledged or ()) == set(rule.disclosures), "a disclosure was passed over"
        assert (rule.covers is ConsentUse.RELEASE) is (fact.recipient is not None) is bool(fact.scope)
        assert not self.acting, "recorded while drug acted"
        assert self.doubt is None, "signed in doubt"
        if self.rules.capacity_h is not None:
            window = timedelta(hours=self.rules.capacity_h.value)
            assert not any(drug <= fact.signed_at < drug + window for drug in self.drug), "signed under the drug"
        left = self.left_at.pop(fact.kind, None)
        assert left is None or fact.signed_at > left, "the signature that was withdrawn"
        if left is not None and rule.covers in (ConsentUse.TREATMENT, ConsentUse.DOSING) and self.rules.capacity_h:
            assert self.noted_at is not None, "back without a note"
            assert self.noted_at > left
        ends = [fact.ends_at] if fact.ends_at is not None else []
        if self.rules.valid_days is not None:
            ends.append(fact.signed_at + timedelta(days=self.rules.valid_days.value))
        self.ends[fact.kind] = min(ends, default=None)
        assert not ends or min(ends) > entry.recorded_at, "expired already"
        spans = self.spans.setdefault(fact.kind, [])
        if not spans or spans[-1][1] is not None:
            spans.append((fact.signed_at, None))

    def _consent_withdrawn(self, fact: f.ConsentWithdrawn, entry: Entry) -> None:
        assert entry.actor is not None, "nobody withdrew it"
        assert (fact.session_id is not None) <= bool(self.acting)
        self._end(fact.kind, entry.at)
        self.left_at[fact.kind] = entry.at

    def _consent_expired(self, fact: f.ConsentExpired, entry: Entry) -> None:
        ends = self.ends[fact.kind]
        assert ends is not None
        assert entry.recorded_at >= ends, "expired before its time"
        self._end(fact.kind, entry.at)

    def _consent_renewal_due(self, fact: f.ConsentRenewalDue, entry: Entry) -> None:
        assert self.rules.renew_days_before is not None
        assert fact.expires_at == self.ends[fact.kind]
        assert entry.recorded_at >= fact.expires_at - timedelta(days=self.rules.renew_days_before.value)

    def _end(self, kind: str, at: datetime) -> None:
        start, end = self.spans[kind][-1]
        assert end is None, "ended twice"
        self.spans[kind][-1] = (start, at)

    def _capacity_questioned(self, fact: f.CapacityQuestioned, entry: Entry) -> None:
        self.doubt = entry.at

    def _capacity_noted(self, fact: f.CapacityNoted, entry: Entry) -> None:
        assert not self.acting, "judged while drug acted"
        self.doubt = None if fact.has_capacity else self.doubt or entry.at
        self.noted_at = entry.at if fact.has_capacity else None

    # What rests on them

    def _needed(self, setting: Setting, route: DrugRoute) -> Iterator[str]:
        for kind, rule in self.rules.kinds.items():
            everybody = rule.needed is ConsentNeed.EVERYBODY
            home = rule.needed is ConsentNeed.HOME and setting is Setting.HOME
            if everybody or home or route in rule.drug_routes:
                yield kind

    def _stands(self, kind: str, at: datetime) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in self.spans.get(kind, []))

    @property
    def has_left(self) -> bool:
        """Whether the patient withdrew from the treatment and has not come back."""
        return any(self.rules.kinds[kind].covers is ConsentUse.TREATMENT for kind in self.left_at)

    def _session_scheduled(self, fact: f.SessionScheduled, entry: Entry) -> None:
        assert not self.has_left, "booked after leaving"
        self.settings[fact.session_id] = fact.setting

    def _preparation_note_signed(self, fact: f.PreparationNoteSigned, entry: Entry) -> None:
        assert not self.has_left, "prepared after leaving"

    def _dosing_approved(self, fact: f.DosingApproved, entry: Entry) -> None:
        approval = fact.approval
        needed = set(self._needed(approval.setting, approval.route))
        assert all(self._stands(kind, entry.recorded_at) for kind in needed), "approved without consent"
        assert {name.partition(":")[0] for name in approval.consents or ()} == needed
        self.approvals[approval.id] = approval

    def _drug_administered(self, fact: f.DrugAdministered, entry: Entry) -> None:
        at = fact.dose.given_at
        approval, setting = self.approvals[given(fact.dose.approval_id)], self.settings[fact.session_id]
        for kind in self._needed(setting, fact.dose.route):
            assert self._stands(kind, at), f"given without {kind}"
            assert self._stands(kind, entry.recorded_at), f"recorded without {kind}"
            if not self.drug and self.rules.kinds[kind].cooling_off and self.rules.cooling_off_h is not None:
                began = self.spans[kind][-1][0]
                assert at >= began + timedelta(hours=self.rules.cooling_off_h.value), "no time to think"
        assert self.doubt is None, "given in doubt"
        assert approval.setting is setting
        self.drug.append(at)
        self.acting.add(fact.session_id)

    def _unauthorised_administration(self, fact: f.UnauthorisedAdministration, entry: Entry) -> None:
        if fact.opened_in is not None:
            self.settings[fact.session_id] = fact.opened_in
        self.drug.append(fact.dose.given_at)
        self.acting.add(fact.session_id)

    def _patient_discharged(self, fact: f.PatientDischarged, entry: Entry) -> None:
        self.acting.discard(fact.session_id)

    # After leaving

    def _continuation_recorded(self, fact: f.ContinuationRecorded, entry: Entry) -> None:
        assert self.has_left
        assert not self.acting, "asked while drug acted"
        assert fact.goes_on.keys() == {kind for kind, rule in self.rules.kinds.items() if rule.asked_after_withdrawal}

    def _work_item_opened(self, fact: f.WorkItemOpened, entry: Entry) -> None:
        if self.has_left:
            unwanted = (WorkKind.RECORD_DEBRIEF, WorkKind.SIGN_PREPARATION_NOTE, WorkKind.RECORD_CONSENT)
            assert fact.item.kind not in unwanted, "asked of somebody who has left"

    def _message_requested(self, fact: f.MessageRequested, entry: Entry) -> None:
        assert not (self.has_left and fact.message.template in SERIES and fact.message.to_role == "patient")

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same consents, and the same doubt."""
        standing = {kind for kind, spans in self.spans.items() if spans[-1][1] is None}
        assert {kind for kind, consent in state.consents.items() if consent.is_active} == standing
        assert (state.consenting.capacity_questioned_at is not None) is (self.doubt is not None)
        assert (state.consenting.withdrawal is not None) is self.has_left
