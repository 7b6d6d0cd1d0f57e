"""The day of a session in the record: what was asked before a dose, and who watched at home."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.treatment import Setting
from tests.support.course import Entry


@dataclass
class Day:
    """Everything that was told about one session on its day."""

    setting: Setting
    told: list[f.DayChecklistRecorded] = field(default_factory=list)
    solids: list[datetime] = field(default_factory=list)
    liquids: list[datetime] = field(default_factory=list)
    given: list[datetime] = field(default_factory=list)
    lost: bool = False

    def hear(self, fact: f.DayChecklistRecorded | f.PatientCheckedIn) -> None:
        """The last food and drink, where they are told."""
        self.solids += [fact.last_solids_at] if fact.last_solids_at else []
        self.liquids += [fact.last_clear_liquids_at] if fact.last_clear_liquids_at else []


class DayAudit:
    """Keeps what was told, and reads each dose against it."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules, self.monitoring = protocol.day_of, protocol.monitoring
        self.days: dict[str, Day] = {}
        self.lists: list[datetime] = []
        self.emergency = False
        del opening

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        match entry.fact:
            case f.MedicationsRecorded() as fact:
                self.lists.append(fact.medications.recorded_at or entry.at)
            case f.SessionScheduled() as fact:
                self.days[fact.session_id] = Day(fact.setting)
            case f.DayChecklistRecorded() as fact:
                self.days[fact.session_id].told.append(fact)
                self.days[fact.session_id].hear(fact)
            case f.PatientCheckedIn() as fact:
                self.days[fact.session_id].hear(fact)
            case f.UnauthorisedAdministration() as fact:
                if fact.opened_in is not None:
                    self.days[fact.session_id] = Day(fact.opened_in)
                self.days[fact.session_id].given.append(fact.dose.given_at)
            case f.DrugAdministered() as fact:
                self._given(self.days[fact.session_id], fact, entry)
            case f.EmergencyDeclared():
                assert entry.actor is not None or self.emergency_is_due, "time alone declared an emergency"
                self.emergency = True
            case f.EmergencyClosed():
                self.emergency = False
            case f.ContactLost() | f.SitterContacted() | f.ContactStayedLost() | f.SitterChecked():
                self._watched(entry)
            case f.PatientDischarged() as fact:
                assert not self.days[fact.session_id].lost, "home while nobody saw the patient"
            case _:
                pass

    @property
    def emergency_is_due(self) -> bool:
        """Whether contact with somebody is lost."""
        return any(day.lost for day in self.days.values())

    def _watched(self, entry: Entry) -> None:
        fact = entry.fact
        assert isinstance(fact, f.ContactLost | f.SitterContacted | f.ContactStayedLost | f.SitterChecked)
        day = self.days[fact.session_id]
        assert day.setting is Setting.HOME, "a sitter in the clinic"
        if isinstance(fact, f.ContactLost):
            assert not day.lost
            day.lost = True
        elif isinstance(fact, f.SitterContacted):
            assert day.lost
            day.lost = not fact.reached
        elif isinstance(fact, f.ContactStayedLost):
            assert day.lost
            assert entry.actor is None

    def _given(self, day: Day, fact: f.DrugAdministered, entry: Entry) -> None:
        rules, at = self.rules, fact.dose.given_at
        if rules is None:
            return
        known = [one.checklist for one in day.told if one.checklist.at <= at]
        assert known, "nobody went through the checklist"
        assert known[-1].companion_arranged, "alone"
        illness = [one.new_illness for one in known if one.new_illness or one.by is Role.PHYSICIAN]
        assert not illness or not illness[-1], "ill, and no physician looked"
        assert all(wait.until <= at for one in known for wait in one.waits), "taken too recently"
        looks = [known[-1].at, *(one for one in self.lists if one <= at)]
        fresh = at - max(looks) <= timedelta(hours=rules.reconciled_within_h.value)
        assert day.given or fresh, "the list was not gone through"
        for eaten, hours in ((day.solids, rules.fasting.solids_h), (day.liquids, rules.fasting.clear_liquids_h)):
            assert eaten, "not asked"
            assert at - max(eaten) >= timedelta(hours=hours.value), "not fasted"
        assert fact.dose.lot or not rules.dose_check.lot
        if day.setting in rules.dose_check.second_look_in:
            assert entry.actor is not None
            assert fact.dose.verified_by not in (None, entry.actor.id), "nobody else looked"
        assert not day.lost, "given while nobody saw the patient"
        day.given.append(at)

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same answers."""
        session = state.cycle.session
        if session is not None:
            day = self.days[session.id]
            assert session.checklists == tuple(one.checklist for one in day.told)
            assert session.last_solids_at == max(day.solids, default=None)
            assert (session.contact_lost_at is not None) is day.lost
