"""Suicide risk in the record: no drug while a sign of it waits for two clinicians."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Role
from schemas.measures import Instrument, RiskLevel
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry

ITEM9 = (Instrument.PHQ9, Instrument.PHQ9_ITEM9)


class RiskAudit:
    """Judges every answer anew, from what was answered, and every dose by what was known of the risk."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.protocol = protocol
        self.therapy = opening.has_psychotherapy
        self.signals: list[tuple[datetime, bool]] = []
        """Since when, and whether a finished screener has to follow; of those that are not cleared."""
        self.blocked: list[tuple[datetime, datetime]] = []
        self.cleared: dict[Role, str] = {}
        self.finished: list[datetime] = []

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact, at = entry.fact, entry.at
        if isinstance(fact, f.MeasureRecorded):
            assert entry.actor is not None
            assert fact.score.taken_at == at
            self._answered(fact, at)
        elif isinstance(fact, f.RiskUnassessed):
            assert entry.actor is None
            self._unassessed(fact, entry.recorded_at)
        elif isinstance(fact, f.RiskCleared):
            self._clears(fact, entry)
        elif isinstance(fact, f.DrugAdministered):
            assert not self.blocks(fact.dose.given_at), "given while a risk was not cleared"

    def blocks(self, at: datetime) -> bool:
        """Whether a risk was in question at an instant, as far as the record tells."""
        return any(since <= at for since, _ in self.signals) or any(
            since <= at < until for since, until in self.blocked
        )

    def _answered(self, fact: f.MeasureRecorded, at: datetime) -> None:
        instrument, said = fact.score.instrument, fact.answers
        signals: list[bool] = []
        if instrument in ITEM9 and (said.get("q9") or 0) >= 1:
            signals.append(True)
        if instrument in (Instrument.CSSRS, Instrument.CSSRS_SINCE_LAST_CONTACT):
            level, finished = judged(instrument, said)
            assert (fact.score.level, fact.score.usable) == (level, finished)
            if finished:
                self.finished.append(at)
            else:
                signals.append(True)
            if level in (RiskLevel.MODERATE, RiskLevel.HIGH):
                signals.append(False)
        if signals:
            self.signals += [(at, asks) for asks in signals]
            self.cleared = {}

    def _unassessed(self, fact: f.RiskUnassessed, now: datetime) -> None:
        assert self.protocol.instruments is not None
        limit = timedelta(minutes=self.protocol.instruments.risk.assess_min.value)
        assert now >= fact.since + limit, "counted as high before its time"
        assert (fact.since, True) in self.signals
        assert not any(at >= fact.since for at in self.finished), "counted as unassessed in spite of a screener"
        self.signals.append((fact.since, True))
        self.cleared = {}

    def _clears(self, fact: f.RiskCleared, entry: Entry) -> None:
        assert entry.actor is not None
        assert (entry.actor.role, entry.actor.id) == (fact.role, fact.actor_id)
        assert self.signals, "nothing to clear"
        asking = [since for since, asks in self.signals if asks]
        assert not asking or any(at >= max(asking) for at in self.finished), "cleared without a screener"
        assert fact.role not in self.cleared
        assert fact.actor_id not in self.cleared.values(), "one person cleared it alone"
        self.cleared[fact.role] = fact.actor_id
        second = {Role.THERAPIST} if self.therapy else {Role.THERAPIST, Role.NURSE}
        whole = Role.PHYSICIAN in self.cleared and bool(second & self.cleared.keys())
        assert fact.complete is whole
        if whole:
            self.blocked.append((min(since for since, _ in self.signals), entry.at))
            self.signals, self.cleared = [], {}

    def agrees_with(self, state: Pathway) -> None:
        """The state blocks exactly while a signal is not cleared."""
        assert state.risk.blocked is bool(self.signals)
        assert {clearing.role for clearing in state.risk.clearings} == self.cleared.keys()


def judged(instrument: Instrument, said: Mapping[str, int | None]) -> tuple[RiskLevel, bool]:
    """Level and whether nothing is left to ask, told in plain words a second time."""
    yes = {item for item, answer in said.items() if answer == 1}
    recent = "q6_past_3_months" if instrument is Instrument.CSSRS else "q6"
    if yes & {"q4", "q5", recent}:
        level = RiskLevel.HIGH
    elif yes & {"q3", "q6"}:
        level = RiskLevel.MODERATE
    else:
        level = RiskLevel.LOW if yes & {"q1", "q2"} else RiskLevel.NONE
    need = {"q1", "q2", "q6"}
    if said.get("q2") != 0:
        need |= {"q3", "q4", "q5"}
    if instrument is Instrument.CSSRS and said.get("q6") != 0:
        need.add("q6_past_3_months")
    return level, all(said.get(item) is not None for item in need)
