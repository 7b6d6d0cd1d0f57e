"""Dated and regional rules in the record: no dose at home where, or when, the law would not have it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas import facts as f
from schemas.pathway import Pathway
from schemas.protocol import HomeRule, Protocol, RegulationRules
from schemas.treatment import Setting
from tests.support.course import Entry


class RegulationAudit:
    """Keeps its own list of visits in person and places, and reads each dose and each approval for the home."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.regulation
        self.zone = ZoneInfo(opening.zone)
        self.visits: list[datetime] = []
        self.places: dict[str, str | None] = {}
        self.warned_at: datetime | None = None
        days = protocol.treatment(opening.treatment).rems_form_due_days if protocol.regulation else None
        self.form_due = timedelta(days=days.value) if days is not None else None
        self.enrolled_at: datetime | None = None
        self.forms: dict[str, datetime] = {}
        self.dosed: set[str] = set()

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.InPersonVisitRecorded):
            assert fact.visited_at <= entry.recorded_at, "a visit that lies ahead"
            self.visits.append(fact.visited_at)
        elif isinstance(fact, f.WhereaboutsRecorded):
            self.zone = ZoneInfo(fact.zone)
        elif self.rules is None:
            return
        elif isinstance(fact, f.TelemedicineEndNeared):
            assert self.warned_at is None, "warned twice"
            assert not self.visits, "warned although the patient was seen"
            self.warned_at = entry.at
        elif isinstance(fact, f.PatientCheckedIn) and fact.setting is Setting.HOME:
            assert fact.location is not None, "received at home, nobody knows where"
            self.places[fact.session_id] = fact.location
        elif isinstance(fact, f.DosingApproved) and fact.approval.setting is Setting.HOME:
            self._require_lawful(self.rules, fact.approval.state_of_dosing, entry.at)
            late = fact.approval.valid_until > self._ends(self.rules) and not self._seen(entry.at)
            assert ("telemedicine_ends_before_approval" in (fact.approval.warnings or ())) is late
        elif isinstance(fact, f.DrugAdministered):
            self._given(self.rules, fact)
        elif isinstance(fact, f.UnauthorisedAdministration):
            if self.form_due is not None and fact.session_id not in self.dosed:
                self.forms[fact.session_id] = fact.dose.given_at + self.form_due
            self.dosed.add(fact.session_id)
        elif isinstance(fact, f.RemsEnrolmentRecorded):
            assert self.enrolled_at is None, "enrolled twice"
            self.enrolled_at = entry.recorded_at
        elif isinstance(fact, f.RemsFormFiled):
            assert fact.late is (self.forms.pop(fact.session_id) < entry.recorded_at)

    def _given(self, rules: RegulationRules, fact: f.DrugAdministered) -> None:
        session, at = fact.session_id, fact.dose.given_at
        if session in self.places:
            self._require_lawful(rules, self.places[session], at)
        if self.form_due is not None:
            assert self.enrolled_at is not None, "given before the enrolment"
            assert self.enrolled_at <= at
            if session not in self.dosed:
                self.forms[session] = at + self.form_due
        self.dosed.add(session)

    def _require_lawful(self, rules: RegulationRules, where: str | None, at: datetime) -> None:
        assert where in rules.states, "an unknown state blocks at home"
        rule, seen = rules.states[where], self._seen(at)
        assert rule.home is not HomeRule.BLOCKED
        assert seen or at <= self._ends(rules), "over video alone after the permission ended"
        if rule.home is HomeRule.IN_PERSON_FIRST:
            assert seen, "never seen in person"
            if (most := rule.in_person_within_months) is not None:
                last, day = max(seen).astimezone(self.zone).date(), at.astimezone(self.zone).date()
                apart = (day.year - last.year) * 12 + day.month - last.month
                assert (apart, day.day) <= (most.value, last.day), "seen too long ago"

    def _seen(self, at: datetime) -> list[datetime]:
        return [visit for visit in self.visits if visit <= at]

    def _ends(self, rules: RegulationRules) -> datetime:
        return datetime.combine(rules.telemedicine.until, time(23, 59, 59), self.zone).astimezone(UTC)

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same visits and the same warning."""
        assert state.regulatory.in_person == tuple(sorted(self.visits))
        assert state.regulatory.telemedicine_warned_at == self.warned_at
        assert {form.session_id: form.due_at for form in state.regulatory.rems_forms} == self.forms
        assert state.closure is None or not self.forms, "closed although a form is owed"
