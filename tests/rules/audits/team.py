"""The care team in the record: who may still act, and that each dose was given by those who may give it there."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from schemas import facts as f
from schemas.actors import Role, Seat
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.team import Credential, Credentials
from tests.support.course import Entry
from tests.support.protocols import given

FOLLOWS = (
    f.WorkItemOpened,
    f.WorkItemClosed,
    f.WorkItemReassigned,
    f.MessageRequested,
    f.ApprovalSuspended,
    f.SafetyContactEnded,
)
"""What follows from what somebody says, and is recorded in their name."""

LATE = (f.EmergencyDeclared, f.IntegrationNoteSigned)
"""What tells of an instant of its own, or may be said by anybody."""


class TeamAudit:
    """Keeps its own list of places, licences and departures."""

    def __init__(self, protocol: Protocol, opening: Pathway) -> None:
        self.rules = protocol.care_team
        self.zone = ZoneInfo(opening.zone)
        self.residence = opening.residence
        self.psychotherapy = opening.has_psychotherapy
        self.places: dict[Seat, str | None] = {}
        self.practice: str | None = None
        self.left: dict[str, datetime] = {}
        self.covers: dict[Seat, str] = {}
        self.asked: tuple[str, datetime] | None = None
        self.accepted_by: str | None = None
        self.verified: list[tuple[datetime, Credentials]] = []
        self.locations: dict[str, str] = {}
        self.prescribers: dict[str, list[str]] = {}
        self.changed_at: datetime | None = None
        self.therapist_changed_at: datetime | None = None
        self.prepared_at: datetime | None = None
        self.continued_at: datetime | None = None
        self.started = False

    def read(self, entry: Entry) -> None:
        """Take in one entry."""
        self._require_present(entry)
        handler = getattr(self, f"_{entry.fact.type}", None)
        if handler is not None:
            handler(entry.fact, entry)

    def _require_present(self, entry: Entry) -> None:
        if entry.actor is None or isinstance(entry.fact, FOLLOWS):
            return
        left_at = self.left.get(entry.actor.id)
        if left_at is not None and not isinstance(entry.fact, LATE):
            assert entry.at < left_at, f"{entry.fact.type} by somebody who had left"

    def _referral_accepted(self, fact: f.ReferralAccepted, entry: Entry) -> None:
        self.places = {seat: fact.care_team.seated(seat) for seat in Seat}
        self.practice = fact.care_team.therapist_practice_id

    def _care_team_changed(self, fact: f.CareTeamChanged, entry: Entry) -> None:
        assert self.places[fact.seat] == fact.left_id != fact.joined_id
        if entry.actor is not None and entry.actor.role is Role.THERAPIST:
            assert fact.joined_id == entry.actor.id == self.accepted_by, "joined without their own word"
            assert fact.seat is Seat.THERAPIST
        self.accepted_by = None
        self.places[fact.seat] = fact.joined_id
        self.covers.pop(fact.seat, None)
        if fact.seat is Seat.THERAPIST:
            self.practice, self.asked = fact.practice_id, None
        if fact.left_id is not None and fact.left_id not in self.places.values():
            self.left[fact.left_id] = entry.at
            self.covers = {seat: person for seat, person in self.covers.items() if person != fact.left_id}
        self.left.pop(fact.joined_id or "", None)
        if fact.seat in (Seat.PHYSICIAN, Seat.THERAPIST) and self.started:
            self.changed_at, self.continued_at = entry.at, None
            if fact.seat is Seat.THERAPIST:
                self.therapist_changed_at, self.prepared_at = entry.at, None

    def _therapist_offered(self, fact: f.TherapistOffered, entry: Entry) -> None:
        assert self.asked is None, "two are asked at once"
        assert self.places[Seat.THERAPIST] is None, "asked although somebody is there"
        self.asked = fact.offer.candidate.person_id, fact.offer.expires_at

    def _therapist_offer_answered(self, fact: f.TherapistOfferAnswered, entry: Entry) -> None:
        assert self.asked is not None, "answered what was not asked"
        assert entry.actor is not None
        assert entry.actor.id == self.asked[0] == fact.person_id, "answered by somebody else"
        assert entry.at < self.asked[1], "answered too late"
        self.asked, self.accepted_by = None, fact.person_id if fact.accepted else None

    def _therapist_offer_expired(self, fact: f.TherapistOfferExpired, entry: Entry) -> None:
        assert self.asked is not None
        assert entry.at >= self.asked[1], "over too early"
        self.asked = None

    def _therapist_offer_withdrawn(self, fact: f.TherapistOfferWithdrawn, entry: Entry) -> None:
        self.asked = None

    def _cover_began(self, fact: f.CoverBegan, entry: Entry) -> None:
        assert fact.seat not in self.covers, "two stand in"
        assert fact.person_id not in self.left
        self.covers[fact.seat] = fact.person_id

    def _cover_ended(self, fact: f.CoverEnded, entry: Entry) -> None:
        self.covers.pop(fact.seat, None)

    def _credentials_recorded(self, fact: f.CredentialsRecorded, entry: Entry) -> None:
        self.verified.append((entry.at, fact.credentials))

    def _preparation_note_signed(self, fact: f.PreparationNoteSigned, entry: Entry) -> None:
        if not fact.completes:
            return
        if self.therapist_changed_at is not None and self.prepared_at is None:
            assert entry.actor is not None
            assert entry.actor.id == self._acts(Seat.THERAPIST), "prepared by another than the new therapist"
            assert entry.at >= self.therapist_changed_at
            self.prepared_at = entry.at
        self.started = True

    def _whereabouts_recorded(self, fact: f.WhereaboutsRecorded, entry: Entry) -> None:
        self.zone, self.residence = ZoneInfo(fact.zone), fact.residence

    def _series_continued(self, fact: f.SeriesContinued, entry: Entry) -> None:
        self.continued_at = entry.at

    def _dosing_approved(self, fact: f.DosingApproved, entry: Entry) -> None:
        self.started = True
        approval = fact.approval
        self.prescribers[approval.id] = [approval.approved_by]
        self._require_prescriber(approval.approved_by, approval.state_of_dosing or self.residence, entry.at)

    def _dosing_countersigned(self, fact: f.DosingCountersigned, entry: Entry) -> None:
        self.prescribers[fact.approval_id].append(fact.countersigned_by)

    def _patient_checked_in(self, fact: f.PatientCheckedIn, entry: Entry) -> None:
        assert not self.psychotherapy or self._acts(Seat.THERAPIST), "received without a therapist"
        self.locations[fact.session_id] = fact.location or self.residence

    def _drug_administered(self, fact: f.DrugAdministered, entry: Entry) -> None:
        at, where = fact.dose.given_at, self.locations[fact.session_id]
        if self.changed_at is not None:
            assert self.continued_at is not None, "given although nobody decided to continue"
            assert self.continued_at <= at
        if self.psychotherapy:
            therapist = self._acts(Seat.THERAPIST)
            assert therapist is not None, "given without a therapist"
            if self.therapist_changed_at is not None:
                assert self.prepared_at is not None, "given before the new therapist prepared the patient"
                assert self.prepared_at <= at
            if self.rules is not None:
                external = self.practice is not None and therapist == self.places[Seat.THERAPIST]
                asked = (self.rules.external_therapist if external else self.rules.therapist).asks
                self._require(therapist, Role.THERAPIST, asked, where, at)
        for person in self.prescribers[given(fact.dose.approval_id)]:
            assert person not in self.left, "under the approval of somebody who has left"
            self._require_prescriber(person, where, at)

    def _acts(self, seat: Seat) -> str | None:
        return self.covers.get(seat, self.places.get(seat))

    def _require_prescriber(self, person: str, where: str, at: datetime) -> None:
        if self.rules is not None:
            self._require(person, Role.PHYSICIAN, self.rules.prescriber.asks, where, at)

    def _require(self, person: str, role: Role, asked: tuple[Credential, ...], where: str, at: datetime) -> None:
        told = [one for since, one in self.verified if since <= at and (one.person_id, one.role) == (person, role)]
        assert told, "nobody verified anything"
        last = told[-1]
        days: dict[Credential, tuple[bool, date | None]] = {
            Credential.LICENCE: (where in last.licences, last.licences.get(where)),
            Credential.PRESCRIBING_REGISTRATION: (last.prescribing_until is not None, last.prescribing_until),
            Credential.KAP_TRAINING: (last.kap_trained, last.kap_training_until),
            Credential.MALPRACTICE_COVER: (last.malpractice_until is not None, last.malpractice_until),
            Credential.REFERENCES: (last.references_checked, None),
        }
        for one in asked:
            held, until = days[one]
            assert held, f"{one} is missing in {where}"
            assert until is None or at < self._end(until), f"{one} had ended"

    def _end(self, day: date) -> datetime:
        return datetime.combine(day, time(23, 59, 59), self.zone).astimezone(UTC)

    def agrees_with(self, state: Pathway) -> None:
        """The state knows the same team."""
        if state.care_team is not None:
            assert {seat: state.care_team.seated(seat) for seat in Seat} == self.places
        assert state.staffing.departed == self.left
        assert {one.seat: one.person_id for one in state.staffing.covers if one.began} == self.covers
        for item in state.work:
            seat = {"physician": Seat.PHYSICIAN, "therapist": Seat.THERAPIST, "coordinator": Seat.COORDINATOR}
            if item.owner_role in seat and self.places.get(Seat.ON_CALL) is None:
                if item.taken_over and item.owner_id not in self.left:
                    continue
                assert item.owner_id == self._acts(seat[item.owner_role]), "owed by somebody else"
