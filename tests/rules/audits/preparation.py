"""Preparation in the record: each note that prepares somebody is whole, and no first dose is too close or too late."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Seat
from schemas.pathway import Pathway
from schemas.preparation import PreparationItem, PreparationKind
from schemas.protocol import Protocol
from tests.support.course import Entry


class PreparationAudit:
    """Keeps the visits of each cycle, and the roadmap as it was last told."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.preparation if opening.has_psychotherapy else None
        self.opened_at = opening.opened_at
        self.discharged_at = opening.opened_at
        self.visits: dict[int, list[f.PreparationNoteSigned]] = {}
        self.prepared: dict[int, list[datetime]] = {}
        self.dosed = False
        self.cycle_of: dict[str, int] = {}
        self.dosed_cycles: set[int] = set()
        self.told: list[tuple[tuple[str, ...], ...]] = []

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.PreparationNoteSigned):
            self._signed(fact, entry)
        elif isinstance(fact, f.SessionScheduled):
            self.cycle_of[fact.session_id] = fact.cycle
        elif isinstance(fact, f.CareTeamChanged) and fact.seat is Seat.THERAPIST:
            # The new therapist begins anew, where no drug was given since.
            for cycle in self.visits.keys() - self.dosed_cycles:
                self.visits[cycle], self.prepared[cycle] = [], []
        elif isinstance(fact, f.PreparationVoided):
            self.visits[fact.cycle], self.prepared[fact.cycle] = [], []
        elif isinstance(fact, f.PatientDischarged):
            self.discharged_at = entry.at
        elif isinstance(fact, f.UnauthorisedAdministration):
            self.dosed = True
            self.dosed_cycles.add(fact.cycle)
        elif isinstance(fact, f.DrugAdministered):
            if not self.dosed and self.rules is not None:
                self._first_dose(fact.dose.given_at)
            self.dosed = True
            self.dosed_cycles.add(self.cycle_of[fact.session_id])

    def _signed(self, fact: f.PreparationNoteSigned, entry: Entry) -> None:
        assert fact.held_at is not None
        assert self.discharged_at <= fact.held_at <= entry.recorded_at
        told = (fact.intentions, fact.recent_stressors, fact.goals)
        if not self.told or self.told[-1] != told:
            self.told.append(told)
        visits = self.visits.setdefault(fact.cycle, [])
        prepared = self.prepared.setdefault(fact.cycle, [])
        if fact.completes and self.rules is not None:
            assert fact.intentions
            assert fact.goals
            self._whole(fact, [] if prepared else visits)
        visits.append(fact)
        if fact.completes:
            prepared.append(fact.held_at)

    def _whole(self, fact: f.PreparationNoteSigned, before: list[f.PreparationNoteSigned]) -> None:
        assert self.rules is not None
        alike = [one for one in (*before, fact) if one.kind is fact.kind]
        minutes, covered = (
            sum(one.minutes or 0 for one in alike),
            {item for one in alike for item in one.checklist or ()},
        )
        if fact.kind is PreparationKind.FULL:
            assert len(alike) >= self.rules.min_visits.value
            assert minutes >= self.rules.length_min.value * self.rules.min_visits.value
            assert set(self.rules.checklist) - {PreparationItem.DOSE_PLAN} <= covered
        else:
            assert self.dosed, "a brief preparation before the first session"
            assert minutes >= self.rules.brief_length_min.value
            assert set(self.rules.brief_checklist) - {PreparationItem.DOSE_PLAN} <= covered

    def _first_dose(self, at: datetime) -> None:
        assert self.rules is not None
        least = timedelta(hours=self.rules.min_hours_before_first.value)
        most = timedelta(days=self.rules.max_days_before_first.value)
        held = [one for cycle in self.prepared.values() for one in cycle]
        assert any(least <= at - one <= most for one in held), "prepared too close to the first dose, or too long ago"

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same visits and the same roadmap."""
        visits = self.visits.get(state.cycle.number, [])
        assert [one.held_at for one in state.cycle.preparation] == [one.held_at for one in visits]
        assert (state.cycle.prepared_at is not None) == bool(self.prepared.get(state.cycle.number))
        roadmap = state.roadmap
        assert (roadmap.version if roadmap else 0) == len(self.told)
        if roadmap is not None:
            assert (roadmap.intentions, roadmap.recent_stressors, roadmap.goals) == self.told[-1]
