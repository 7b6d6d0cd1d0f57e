"""The screening in the record: no drug while something in the patient's health waits for a human."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules, MedicationRules, Protocol
from schemas.protocol.eligibility import LabNeed
from schemas.screening import HealthHistory, Lab, LabResult, LabTest, Medication, MedicationAction
from schemas.treatment import DrugRoute
from tests.rules.dosing import covers
from tests.support.course import Entry

PHYSICIANS = (MedicationAction.BLOCK, MedicationAction.REVIEW)


class ScreeningAudit:
    """Keeps for itself what is in the way, since when, and who took it away."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.protocol = protocol
        self.history: HealthHistory | None = None
        self.listed: dict[str, Medication] = {}
        self.taken: set[tuple[str, str | None]] = set()
        self.told = False
        self.labs: list[Lab] = []
        self.accepted: set[int] = set()
        """Places in ``labs`` of results that a physician let pass."""
        self.weights: list[tuple[datetime, float]] = []
        self.given = 0
        self.open: dict[str, datetime] = {}
        """What is in the way, by a name of its own, since when."""
        self.passed: list[tuple[datetime, datetime | None]] = []
        self.washouts: dict[str, datetime] = {}
        self.washed_out: set[str] = set()
        self.sessions: set[str] = set()

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        handler = getattr(self, f"_{entry.fact.type}", None)
        if handler is not None:
            handler(entry.fact, entry)

    def _opens(self, name: str, at: datetime) -> None:
        self.open.setdefault(name, at)

    def _ends(self, name: str, at: datetime) -> None:
        since = self.open.pop(name, None)
        if since is not None:
            self.passed.append((since, at))

    # History

    def _health_history_recorded(self, fact: f.HealthHistoryRecorded, entry: Entry) -> None:
        rules = self._eligibility
        before = set(self.history.conditions) if self.history else set()
        self.history = fact.history
        for condition in fact.history.conditions:
            if condition in rules.absolute or condition not in before:
                self._opens(f"condition {condition}", entry.at)
        if fact.history.age_years < rules.min_age_years.value:
            self._opens("age", entry.at)
        else:
            self._ends("age", entry.at)

    def _condition_cleared(self, fact: f.ConditionCleared, entry: Entry) -> None:
        self._by_physician(entry)
        present = self.history is not None and fact.condition in self.history.conditions
        assert not present or fact.condition not in self._eligibility.absolute, "nobody clears that"
        self._ends(f"condition {fact.condition}", entry.at)

    # Medications

    def _medications_recorded(self, fact: f.MedicationsRecorded, entry: Entry) -> None:
        rules, now = self._medications, {one.key: one for one in fact.medications.entries}
        for one in now.values():
            actions = {rules.classes[code].action for code in one.classes}
            assert one.action in actions | {MedicationAction.REVIEW}
            assert one.recognised or one.action in PHYSICIANS, "unrecognised, and passed over"
        for key, one in self.listed.items():
            if key not in now and self._acts_on(one):
                self._washes_out(key, entry.at, entry.at + self._acts_on(one))
        for key, one in now.items():
            self.washouts.pop(key, None)
            self._ends(f"washout {key}", entry.at)
            if one.action in PHYSICIANS and key not in self.listed:
                self._opens(f"taking {key}", entry.at)
        for one in fact.medications.entries:
            anew = (one.key, one.strength) not in self.taken or one.key in (fact.changed or ())
            if one.action in PHYSICIANS and anew:
                self._opens(f"taking {one.key}", entry.at)
        self.taken = {(one.key, one.strength) for one in fact.medications.entries}
        self.listed, self.told = now, True

    def _medication_stopped(self, fact: f.MedicationStopped, entry: Entry) -> None:
        one = fact.medication
        assert fact.last_taken_at <= entry.at
        self.listed.pop(one.key, None)
        self.taken = {(key, strength) for key, strength in self.taken if key != one.key}
        if self._acts_on(one):
            self._washes_out(one.key, entry.at, fact.last_taken_at + self._acts_on(one))

    def _washes_out(self, key: str, at: datetime, until: datetime) -> None:
        self.washouts[key] = until
        self.washed_out.discard(key)
        self._opens(f"washout {key}", at)
        self._ends(f"taking {key}", at)

    def _washout_passed(self, fact: f.WashoutPassed, entry: Entry) -> None:
        assert self.washouts[fact.key] <= entry.recorded_at, "over before its time"
        assert fact.key not in self.washed_out, "over twice"
        self.washed_out.add(fact.key)

    def _medication_accepted(self, fact: f.MedicationAccepted, entry: Entry) -> None:
        self._by_physician(entry)
        if fact.key in self.washouts:
            assert fact.key in self.washed_out, "decided before the washout was over"
            del self.washouts[fact.key]
        self._ends(f"washout {fact.key}", entry.at)
        self._ends(f"taking {fact.key}", entry.at)

    def _acts_on(self, one: Medication) -> timedelta:
        groups = (self._medications.classes[code].washout_days for code in one.classes)
        return timedelta(days=max((days.value for days in groups if days is not None), default=0))

    # Tests and weight

    def _lab_recorded(self, fact: f.LabRecorded, entry: Entry) -> None:
        assert fact.lab.collected_at <= entry.at
        assert fact.lab.sessions_before == self.given
        self.labs.append(fact.lab)
        self._judge(fact.lab.test, entry.at)

    def _lab_accepted(self, fact: f.LabAccepted, entry: Entry) -> None:
        self._by_physician(entry)
        assert fact.test is not LabTest.PREGNANCY
        newest = self._newest(fact.test)
        assert newest is not None
        self.accepted.add(newest)
        self._judge(fact.test, entry.at)

    def _judge(self, test: LabTest, at: datetime) -> None:
        newest = self._newest(test)
        assert newest is not None
        if self.labs[newest].result is LabResult.REMARKABLE and newest not in self.accepted:
            self._opens(f"test {test}", at)
        else:
            self._ends(f"test {test}", at)

    def _newest(self, test: LabTest, at: datetime | None = None) -> int | None:
        places = [n for n, lab in enumerate(self.labs) if lab.test is test and (at is None or lab.collected_at <= at)]
        return max(places, key=lambda n: (self.labs[n].collected_at, n), default=None)

    def _weight_recorded(self, fact: f.WeightRecorded, entry: Entry) -> None:
        assert fact.weight.measured_at == entry.at
        self.weights.append((fact.weight.measured_at, fact.weight.kg))

    def _screening_lapsed(self, fact: f.ScreeningLapsed, entry: Entry) -> None:
        assert entry.actor is None

    # What follows

    def _screening_decided(self, fact: f.ScreeningDecided, entry: Entry) -> None:
        if fact.eligible and self.protocol.eligibility is not None:
            assert self.history is not None
            assert self.told
            assert not self.open, "found eligible in spite of something"

    def _drug_administered(self, fact: f.DrugAdministered, entry: Entry) -> None:
        at = fact.dose.given_at
        if self.protocol.eligibility is not None:
            assert not self.open, f"given in spite of {sorted(self.open)}"
            assert not covers(self.passed, at), "given before it was settled"
            self._require_tested(at, fact.dose.route, first=fact.session_id not in self.sessions)
        if fact.session_id not in self.sessions:
            self.sessions.add(fact.session_id)
            self.given += 1

    def _unauthorised_administration(self, fact: f.UnauthorisedAdministration, entry: Entry) -> None:
        if fact.session_id not in self.sessions:
            self.sessions.add(fact.session_id)
            self.given += 1

    def _require_tested(self, at: datetime, route: DrugRoute, *, first: bool) -> None:
        rules, history = self._eligibility, self.history
        assert history is not None
        before = self.given if first else self.given - 1
        cardiac = history.age_years >= rules.ecg_age_years.value or route in rules.ecg_routes
        asked: Mapping[LabNeed, bool] = {
            LabNeed.EVERYBODY: True,
            LabNeed.CHILDBEARING_POTENTIAL: history.childbearing_potential,
            LabNeed.CARDIAC_RISK: cardiac or bool(set(rules.cardiac) & set(history.conditions)),
            LabNeed.IF_SUSPECTED: history.substance_use_suspected,
        }
        for test, rule in rules.labs.items():
            if not asked[rule.needed]:
                continue
            place = self._newest(test, at)
            assert place is not None, f"{test} is missing"
            days = rule.valid_days_later if self.given else rule.valid_days_first_dose
            assert at - self.labs[place].collected_at <= timedelta(days=days.value), f"{test} is too old"
            if rule.every_sessions is not None:
                assert before - self.labs[place].sessions_before < rule.every_sessions.value
        if route in rules.weighed_routes:
            valid = timedelta(days=rules.weight_valid_days.value)
            assert any(timedelta(0) <= at - measured <= valid for measured, _ in self.weights), "not weighed"

    def _by_physician(self, entry: Entry) -> None:
        assert entry.actor is not None
        assert entry.actor.role is Role.PHYSICIAN

    @property
    def _eligibility(self) -> EligibilityRules:
        assert self.protocol.eligibility is not None
        return self.protocol.eligibility

    @property
    def _medications(self) -> MedicationRules:
        assert self.protocol.medications is not None
        return self.protocol.medications

    def agrees_with(self, state: Pathway) -> None:
        """Compare with the state."""
        screening = state.screening
        assert {one.key: one.over_at for one in screening.washouts} == self.washouts
        assert {entry.key for entry in screening.medications.entries} == set(self.listed)
        told = (*screening.medications.entries, *screening.medications.retracted)
        decided = {decision.key for decision in screening.decisions}
        waiting = {f"taking {entry.key}" for entry in told if entry.action in PHYSICIANS and entry.key not in decided}
        assert waiting == {name for name in self.open if name.startswith("taking ")}, "what waits for a physician"
        if screening.history is not None and self.history is not None:
            present = set(screening.history.conditions)
            assert present == set(self.history.conditions)
            standing = {name.removeprefix("condition ") for name in self.open if name.startswith("condition ")}
            assert set(screening.history.retracted or ()) == standing - present, "what was told of once"
        assert max(self.weights, default=None, key=lambda one: one[0]) is None or screening.weight is not None
