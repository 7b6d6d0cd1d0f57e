"""Doses at home in the record: each was released by a physician, received, and is accounted for."""

from __future__ import annotations

from datetime import datetime

from schemas import facts as f
from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.treatment import Approval, Setting
from tests.support.course import Entry


class SupplyAudit:
    """Keeps its own book of doses, and reads each session at home against it."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.protocol = protocol
        self.book: list[tuple[datetime, str, int]] = []
        self.settings: dict[str, Setting] = {}
        self.used: set[str] = set()
        self.approval: Approval | None = None
        self.suspended: set[str] = set()
        self.open_since: datetime | None = None

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.SessionScheduled):
            self.settings[fact.session_id] = fact.setting
        elif isinstance(fact, f.DosingApproved):
            self.approval = fact.approval
        elif isinstance(fact, f.ApprovalSuspended | f.ApprovalRevoked | f.ApprovalExpired):
            self.suspended.add(fact.approval_id)
        elif isinstance(fact, f.SupplyReleased):
            self._released(fact, entry)
        elif isinstance(fact, f.SupplyCounted):
            assert fact.expected == self.at_home(entry.at)
            self.book.append((entry.at, "counted", fact.doses))
            if fact.doses != fact.expected:
                self.open_since = min(entry.at, self.open_since or entry.at)
        elif isinstance(fact, f.SupplyReviewed):
            assert entry.actor is not None
            assert entry.actor.role is Role.PHYSICIAN
            assert self.open_since is not None
            self.open_since = None
        elif isinstance(fact, f.DrugAdministered):
            self._given(fact)
        elif isinstance(fact, f.UnauthorisedAdministration):
            setting = self.settings.setdefault(fact.session_id, fact.opened_in or Setting.CLINIC)
            if self.protocol.supply is not None and setting is Setting.HOME and fact.session_id not in self.used:
                self.used.add(fact.session_id)
                self.book.append((fact.dose.given_at, "used", 1))

    def _released(self, fact: f.SupplyReleased, entry: Entry) -> None:
        assert self.protocol.supply is not None
        assert entry.actor is not None
        assert entry.actor.role is Role.PHYSICIAN
        assert fact.pdmp_checked
        assert self.approval is not None
        assert self.approval.id == fact.approval_id
        assert self.approval.setting is Setting.HOME
        assert fact.approval_id not in self.suspended, "released under an approval that does not stand"
        assert entry.at < self.approval.valid_until
        assert self.open_since is None, "released while a count differs"
        stages = [int(stage.value) for stage in self.protocol.supply.stages]
        before = sum(kind == "released" for _, kind, _ in self.book)
        assert fact.doses <= (stages[before] if before < len(stages) else stages[-1])
        assert fact.early is (self.at_home(entry.at) > 0)
        assert self._counted_since("used", entry.at), "released without a report"
        self.book.append((entry.at, "released", fact.doses))

    def _given(self, fact: f.DrugAdministered) -> None:
        at, session = fact.dose.given_at, fact.session_id
        if self.protocol.supply is None or self.settings[session] is not Setting.HOME:
            return
        assert self.open_since is None or at < self.open_since, "taken while a count differs"
        if session not in self.used:
            assert self.at_home(at) > 0, "taken at home, but nothing was there"
            assert self._counted_since("released", at), "taken before it was received"
            self.used.add(session)
            self.book.append((at, "used", 1))

    def at_home(self, at: datetime) -> int:
        """Doses that should be there at an instant."""
        known = sorted((line for line in self.book if line[0] <= at), key=lambda line: line[0])
        doses = 0
        for _, kind, number in known:
            doses = number if kind == "counted" else doses + (number if kind == "released" else -number)
        return doses

    def _counted_since(self, what: str, at: datetime) -> bool:
        changed = [when for when, kind, _ in self.book if kind == what and when <= at]
        counted = [when for when, kind, _ in self.book if kind == "counted" and when <= at]
        return not changed or (bool(counted) and max(counted) >= max(changed))

    def agrees_with(self, state: Pathway) -> None:
        """The state has the same number of doses."""
        everything = max((line[0] for line in self.book), default=None)
        assert state.supply.on_hand() == (self.at_home(everything) if everything else 0)
        assert state.supply.unaccounted_since == self.open_since
