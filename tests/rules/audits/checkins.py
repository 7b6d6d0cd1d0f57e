"""Check-ins in the record: each comes at its time, and only a human ends one."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import facts as f
from schemas.checkins import WelfareDecision
from schemas.consents import ConsentUse
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry


class CheckinAudit:
    """Follows every check-in from the drug to its end."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.checkins
        self.last_drug: dict[str, datetime] = {}
        self.missed_at: dict[str, datetime] = {}
        self.open: set[str] = set()
        self.calls: set[str] = set()
        self.decisions: set[str] = set()
        self.ended = False
        rules = protocol.consent_rules.kinds.items()
        self.leaving = {kind for kind, rule in rules if rule.covers is ConsentUse.TREATMENT}

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.DrugAdministered | f.UnauthorisedAdministration):
            before = self.last_drug.get(fact.session_id, fact.dose.given_at)
            self.last_drug[fact.session_id] = max(before, fact.dose.given_at)
        elif isinstance(fact, f.InfusionEnded):
            self.last_drug[fact.session_id] = max(entry.at, self.last_drug[fact.session_id])
        elif isinstance(fact, f.CheckinDue):
            self._due(fact, entry)
        elif isinstance(fact, f.VisitMissed) and fact.checkin_id is not None:
            assert not any(one.endswith(f"missed_{fact.visit}") for one in self.open), "asked after twice"
            self.open.add(fact.checkin_id)
            self.missed_at[fact.checkin_id] = entry.at
            self.calls.add(fact.checkin_id)
        elif isinstance(fact, f.IntegrationNoteSigned):
            for one in [one for one in self.open if one.endswith("missed_integration")]:
                if fact.held_at >= self.missed_at[one]:
                    self._end(one)
        elif isinstance(fact, f.CheckinMissed):
            self._missed(fact)
        elif isinstance(fact, f.CheckinAttempted):
            assert fact.checkin_id in self.open
        elif isinstance(fact, f.CheckinRecorded):
            assert entry.actor is not None, "done by nobody"
            self._end(fact.checkin_id)
        elif isinstance(fact, f.WelfareDecided):
            assert fact.checkin_id in self.decisions, "decided before its time"
            self.decisions.discard(fact.checkin_id)
            if fact.decision is WelfareDecision.CLOSE:
                self._end(fact.checkin_id)
        elif isinstance(fact, f.ConsentWithdrawn) and fact.kind in self.leaving:
            self._left()
        elif isinstance(fact, f.SafetyContactDeclined):
            assert entry.actor is not None
            self.open.clear()

    def _left(self) -> None:
        """Of the check-ins of a treatment those for the patient's safety outlive it."""
        rules = self.rules.after_session if self.rules is not None else {}
        safety = {kind for kind, rule in rules.items() if rule.safety}
        self.open = {one for one in self.open if one.partition("-")[2] in safety}

    def _due(self, fact: f.CheckinDue, entry: Entry) -> None:
        assert self.rules is not None
        session, _, kind = fact.checkin_id.partition("-")
        rule = self.rules.after_session.get(kind)
        after = timedelta(hours=rule.opens_h.value) if rule else timedelta(days=float(kind.removeprefix("day_")))
        assert entry.recorded_at >= self.last_drug[session] + after, "asked too early"
        assert fact.checkin_id not in self.open
        self.open.add(fact.checkin_id)

    def _missed(self, fact: f.CheckinMissed) -> None:
        assert fact.checkin_id in self.open
        if fact.stage is f.MissedStage.HUMAN_CALL:
            assert fact.checkin_id not in self.calls, "asked twice for the same call"
            self.calls.add(fact.checkin_id)
        else:
            assert fact.checkin_id not in self.decisions
            self.decisions.add(fact.checkin_id)

    def _end(self, checkin_id: str) -> None:
        self.open.remove(checkin_id)
        self.decisions.discard(checkin_id)
        self.calls.discard(checkin_id)

    def agrees_with(self, state: Pathway) -> None:
        """What is open is open; after the end of care only what is for the patient's safety."""
        still = {one.id for one in state.checkins.open}
        if state.ending is None and state.closure is None:
            assert still == self.open
        else:
            assert still <= self.open
