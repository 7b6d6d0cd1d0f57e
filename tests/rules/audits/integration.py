"""Integration in the record: the plan is asked about visit by visit, and nothing ends by a day that passed."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import facts as f
from schemas.integration import PlanResult, VisitKind
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry


class IntegrationAudit:
    """Follows each session to its integration visits, and the bookings that wait for them."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.integration
        self.psychotherapy = opening.has_psychotherapy
        self.plan: dict[str, str] = {}
        self.ever: set[str] = set()
        self.booked: dict[str, tuple[int, datetime]] = {}
        self.last_drug: dict[int, datetime] = {}
        self.given: set[str] = set()
        self.visits: dict[int, list[datetime]] = {}
        self.deviated: set[int] = set()
        self.late: set[int] = set()
        self.declined: set[int] = set()
        self.missed = 0

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.SessionScheduled):
            self.booked[fact.session_id] = (fact.cycle, fact.starts_at)
        elif isinstance(fact, f.SessionReleased):
            self._released(fact, entry)
        elif isinstance(fact, f.SessionCancelled | f.SessionHeld):
            assert fact.session_id not in self.given, "cancelled after drug was given"
            del self.booked[fact.session_id]
        elif isinstance(fact, f.DrugAdministered):
            self._given(fact)
        elif isinstance(fact, f.UnauthorisedAdministration):
            at = fact.dose.given_at
            self.booked.setdefault(fact.session_id, (fact.cycle, at))
            self.last_drug[fact.cycle] = max(at, self.last_drug.get(fact.cycle, at))
            self.given.add(fact.session_id)
        elif isinstance(fact, f.InfusionEnded):
            cycle, _ = self.booked[fact.session_id]
            self.last_drug[cycle] = max(entry.at, self.last_drug[cycle])
        elif isinstance(fact, f.IntegrationDeviated):
            limit = self.last_drug[fact.cycle] + timedelta(days=self.rules.hard_limit_days.value)
            assert fact.hard_limit == limit <= entry.recorded_at
            assert fact.cycle not in self.visits
            assert fact.cycle not in self.deviated, "deviated twice"
            self.deviated.add(fact.cycle)
        elif isinstance(fact, f.IntegrationNoteSigned):
            self._integrated(fact)
        elif isinstance(fact, f.ContinuationRecorded) and not fact.therapy:
            # Whoever left does not want the visit; a later course begins with a cycle of its own.
            self.declined |= {cycle for cycle in self.last_drug if cycle not in self.visits}
        elif isinstance(fact, f.VisitMissed):
            assert entry.actor is not None, "time knows of no visit"
            self.missed += 1
            assert fact.visit is not VisitKind.INTEGRATION or fact.cycle not in self.visits

    def _released(self, fact: f.SessionReleased, entry: Entry) -> None:
        cycle, starts_at = self.booked.pop(fact.session_id)
        if "integration_missing" not in fact.obstacles:
            return
        assert self.rules.release_hours_before_session is not None
        hours = timedelta(hours=self.rules.release_hours_before_session.value)
        assert cycle - 1 not in self.visits, "released although the session before is integrated"
        assert entry.recorded_at >= starts_at - hours, "released too early"

    def _given(self, fact: f.DrugAdministered) -> None:
        cycle, _ = self.booked[fact.session_id]
        assert not self.psychotherapy or all(
            earlier in self.visits.keys() | self.declined for earlier in range(1, cycle)
        ), "given before the session before is integrated"
        self.last_drug[cycle] = fact.dose.given_at
        self.given.add(fact.session_id)

    def _integrated(self, fact: f.IntegrationNoteSigned) -> None:
        held = self.visits.setdefault(fact.cycle, [])
        assert fact.visit == len(held) + 1, "two visits merged"
        assert all(fact.held_at > before for before in held)
        assert max(self.last_drug) == fact.cycle
        if fact.visit == 1 and (fact.late or fact.cycle in self.deviated):
            self.late.add(fact.cycle)
        held.append(fact.held_at)
        outcomes = fact.outcomes or ()
        assert sorted(one.item_id for one in outcomes) == sorted(self.plan), "not every open item was asked about once"
        for one in outcomes:
            assert one.word or one.result is not PlanResult.DROPPED
            if one.result is not PlanResult.KEPT:
                del self.plan[one.item_id]
        for item in fact.added or ():
            assert item.id not in self.ever
            self.ever.add(item.id)
            self.plan[item.id] = item.text

    def agrees_with(self, state: Pathway) -> None:
        """The state carries the same plan, booking and deviation."""
        assert {item.id: item.text for item in state.integration.plan} == self.plan
        assert state.integration.visits_missed == self.missed
        last = max(self.visits, default=0)
        assert state.integration.visits == len(self.visits.get(last, ()))
        assert state.integration.late == (last in self.late)
        assert state.cycle.integration_deviated == (state.cycle.number in self.deviated)
        ahead = state.cycle.ahead
        waiting = [(name, when) for name, (cycle, when) in self.booked.items() if cycle > state.cycle.number]
        assert waiting == ([(ahead.id, ahead.starts_at)] if ahead is not None else [])
