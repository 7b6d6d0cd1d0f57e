"""The time kept for a session in the record: released and blocked when it has to be, and never a moment earlier."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.treatment import Approval, ApprovalStatus
from tests.support.course import Entry


@dataclass
class Booking:
    """One booking of a session, until it is moved."""

    starts_at: datetime
    booked_at: datetime
    begun: bool = False
    fasting: bool = False
    blocked: bool | None = None
    """Whether the cutoff found something missing; unknown before it."""

    def before(self, hours: float) -> datetime:
        """The instant so many hours before the start."""
        return self.starts_at - timedelta(hours=hours)


@dataclass
class Plan:
    """The latest approval, and who has read it."""

    approval: Approval
    stands: bool
    used: set[str] = field(default_factory=set)
    read_by: set[Role] = field(default_factory=set)


class SlotAudit:
    """Keeps the bookings and the approval as the facts tell them, and judges what time did about them."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.day_of
        self.readers = {Role.THERAPIST, Role.PATIENT} if opening.has_psychotherapy else {Role.PATIENT}
        if protocol.approval.acknowledged_by_h is None:
            self.readers = set()
        self.bookings: dict[str, Booking] = {}
        self.plan: Plan | None = None

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        self._approval(entry.fact)
        match entry.fact:
            case f.SessionScheduled() as fact:
                self.bookings[fact.session_id] = Booking(fact.starts_at, entry.at)
            case f.PatientCheckedIn() as fact:
                assert not self.bookings[fact.session_id].blocked, "received although the cutoff had blocked it"
            case f.UnauthorisedAdministration() as fact if fact.opened_in is not None:
                self.bookings[fact.session_id] = Booking(fact.dose.given_at, fact.dose.given_at)
            case f.DrugAdministered() as fact:
                assert not self.bookings[fact.session_id].blocked, "given although the cutoff had blocked it"
                if self.plan is not None:
                    self.plan.used.add(fact.session_id)
            case f.SessionReleased() as fact:
                self._released(fact, entry.recorded_at)
            case f.SessionDayBegun() | f.FastingReminderDue() | f.SessionCutoffReached():
                self._hour(entry.fact, entry.recorded_at)
            case _:
                pass

    def _approval(self, fact: f.Fact) -> None:
        match fact:
            case f.DosingApproved():
                self.plan = Plan(fact.approval, stands=fact.approval.status is ApprovalStatus.IN_FORCE)
            case f.DosingCountersigned() if self.plan is not None:
                self.plan.stands = True
            case f.ApprovalSuspended() | f.ApprovalRevoked() | f.ApprovalExpired() if self.plan is not None:
                self.plan.stands = False
            case f.DosePlanAcknowledged() if self.plan is not None:
                self.plan.read_by.add(fact.role)
            case _:
                pass

    def _covered(self, booking: Booking) -> bool:
        plan = self.plan
        if plan is None or not plan.stands or len(plan.used) >= plan.approval.sessions:
            return False
        return booking.starts_at < plan.approval.valid_until

    def _released(self, fact: f.SessionReleased, now: datetime) -> None:
        if "integration_missing" in fact.obstacles:
            return
        assert self.rules is not None
        booking = self.bookings[fact.session_id]
        assert booking.booked_at < booking.before(self.rules.opens_h.value) <= now, "too early, or booked late"
        assert not self._covered(booking), "released although an approval covers it"

    def _hour(self, fact: f.SessionDayBegun | f.FastingReminderDue | f.SessionCutoffReached, now: datetime) -> None:
        assert self.rules is not None
        booking = self.bookings[fact.session_id]
        if isinstance(fact, f.SessionDayBegun):
            assert not booking.begun, "the day before began twice"
            assert now >= max(booking.booked_at, booking.before(self.rules.opens_h.value))
            booking.begun = True
        elif isinstance(fact, f.FastingReminderDue):
            assert not booking.fasting, "reminded twice"
            assert now >= booking.before(self.rules.fasting.solids_h.value)
            booking.fasting = True
        else:
            assert booking.blocked is None, "cut off twice"
            assert now >= booking.before(self.rules.cutoff_h.value) >= booking.booked_at
            read = self.plan is not None and self.readers <= self.plan.read_by
            booking.blocked = not (self._covered(booking) and read)
            assert bool(fact.missing) is booking.blocked

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same booking, and what became of it."""
        session = state.cycle.session
        if session is not None:
            booking = self.bookings[session.id]
            assert (session.starts_at, session.booked_at) == (booking.starts_at, booking.booked_at)
            assert session.cutoff_reached is (booking.blocked is not None)
            assert bool(session.blocked_for) is bool(booking.blocked)
