"""The pace of sessions in the record: close ones were confirmed by a therapist, and late close ones reviewed."""

from __future__ import annotations

from datetime import datetime, timedelta

from schemas import facts as f
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from tests.support.course import Entry
from tests.support.protocols import given


class PaceAudit:
    """Keeps the instant of each session's first drug, and counts what a week holds."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.pace
        self.psychotherapy = opening.has_psychotherapy
        self.sessions: dict[str, datetime] = {}
        self.confirmed: dict[str, datetime] = {}
        self.reviews: list[tuple[datetime, bool]] = []

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        fact = entry.fact
        if isinstance(fact, f.PaceConfirmed):
            assert fact.approval_id not in self.confirmed, "confirmed twice"
            self.confirmed[fact.approval_id] = entry.recorded_at
        elif isinstance(fact, f.SpacingReviewed):
            self.reviews.append((entry.recorded_at, fact.go_on))
        elif isinstance(fact, f.UnauthorisedAdministration):
            self.sessions.setdefault(fact.session_id, fact.dose.given_at)
        elif isinstance(fact, f.DrugAdministered) and fact.session_id not in self.sessions:
            self._given(fact.dose.given_at, given(fact.dose.approval_id))
            self.sessions[fact.session_id] = fact.dose.given_at

    def _given(self, at: datetime, approval_id: str) -> None:
        if self.rules is None:
            return
        close = 1 + sum(at - timedelta(days=7) < before <= at for before in self.sessions.values())
        if self.psychotherapy and close > self.rules.confirmed_above_per_week.value:
            assert approval_id in self.confirmed, "so close without the therapist's word"
            assert self.confirmed[approval_id] <= at
        late = timedelta(days=7 * self.rules.reviewed_after_weeks.value)
        began = min(self.sessions.values(), default=at)
        if close >= self.rules.reviewed_from_per_week.value and at - began >= late:
            counting = [go_on for when, go_on in self.reviews if at - late < when <= at]
            assert counting, "still so close, and nobody reviewed it"
            assert counting[-1], "so close although a physician said stop"

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same beginning, confirmations and reviews."""
        assert state.pace.first_session_at == min(self.sessions.values(), default=None)
        assert state.pace.confirmed == self.confirmed
        assert [(review.at, review.go_on) for review in state.pace.reviews] == self.reviews
