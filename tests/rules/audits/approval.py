"""What an approval depends on in the record: conditions that were confirmed, and a physician's look after a pause."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import facts as f
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry
from tests.support.protocols import given


class ApprovalAudit:
    """Keeps the conditions of each approval, and reads each dose against those of the one it was given under."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.looked_up = protocol.regulation is not None and protocol.regulation.pdmp.each_approval
        self.waiting: dict[str, set[str]] = {}
        self.met: dict[str, dict[str, datetime]] = {}
        pause = protocol.approval.reevaluate_after_days
        self.pause = timedelta(days=pause.value) if pause is not None else None
        self.seen: list[datetime] = []
        self.last_dose: datetime | None = None
        del opening

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.DosingApproved):
            assert fact.pdmp_checked or not self.looked_up, "approved without a look at the monitoring programme"
            self.waiting[fact.approval.id] = set(fact.conditions or ())
            self.met[fact.approval.id] = {}
        elif isinstance(fact, f.ConditionConfirmed):
            assert entry.actor is not None, "nobody confirmed it"
            assert entry.at == entry.recorded_at, "confirmed for the past"
            self.waiting[fact.approval_id].remove(fact.condition)
            self.met[fact.approval_id][fact.condition] = entry.at
        elif isinstance(fact, f.FollowUpRecorded):
            self.seen.append(entry.at)
        elif isinstance(fact, f.SupplyReleased):
            assert not self.waiting[fact.approval_id], "sent before the conditions were met"
        elif isinstance(fact, f.UnauthorisedAdministration):
            self._drug(fact.dose.given_at)
        elif isinstance(fact, f.InfusionEnded):
            self._drug(entry.at)
        elif isinstance(fact, f.DrugAdministered):
            approval = given(fact.dose.approval_id)
            assert not self.waiting[approval], "given before the conditions were met"
            assert all(met_at <= fact.dose.given_at for met_at in self.met[approval].values())
            self._require_seen(fact.dose.given_at)

    def _drug(self, at: datetime) -> None:
        self.last_dose = max(at, self.last_dose or at)

    def _require_seen(self, given_at: datetime) -> None:
        last, pause = self.last_dose, self.pause
        if last is not None and pause is not None and given_at - last > pause:
            assert any(last + pause < seen <= given_at for seen in self.seen), "given after a pause that nobody judged"
        self._drug(given_at)

    def agrees_with(self, state: Pathway) -> None:
        """The state knows what the latest approval waits for."""
        if state.approval is not None:
            assert set(state.approval.unconfirmed()) == self.waiting[state.approval.id]
