"""What one person of the care team may see of a journal.

Whoever has a place in the team sees the whole record of the patient, also from before; once they have left, what was
recorded until then, and what they file themselves afterwards. A therapist of another practice sees what the patient's
release covered when it was recorded, and of the thread what was said to them. Who was never of the team, but acted,
sees what they filed. This answers who may know; who is asking is for the caller to find out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from clients.errors import refused
from schemas import facts as f
from schemas.actors import CareTeam, Role, Seat
from schemas.consents import ReleaseScope
from schemas.events import Event

COVERED: dict[ReleaseScope, tuple[type[f.Fact], ...]] = {
    ReleaseScope.SCHEDULING: (
        f.SessionScheduled,
        f.AppointmentConfirmed,
        f.SessionCancelled,
        f.SessionReleased,
        f.VisitMissed,
    ),
    ReleaseScope.DOSE_PLAN: (
        f.DosingApproved,
        f.DosingCountersigned,
        f.DosePlanAcknowledged,
        f.ApprovalSuspended,
        f.ApprovalRevoked,
        f.ApprovalExpired,
        f.DrugAdministered,
        f.UnauthorisedAdministration,
    ),
    ReleaseScope.SAFETY: (
        f.ConsentWithdrawn,
        f.ConsentExpired,
        f.SessionHeld,
        f.HoldAcknowledged,
        f.HoldLifted,
        f.EmergencyDeclared,
        f.EmergencyAcknowledged,
        f.EmergencyClosed,
        f.IncidentReviewed,
        f.AdverseEventRecorded,
        f.AdverseEventReviewed,
        f.RiskUnassessed,
        f.RiskContactRecorded,
        f.RiskCleared,
        f.PatientDischarged,
    ),
    ReleaseScope.MEASURES: (f.MeasureRecorded,),
    ReleaseScope.NOTES: (f.PreparationNoteSigned, f.InsightCaptured, f.DebriefRecorded, f.IntegrationNoteSigned),
}
"""What a release of information covers, by its scope."""

THREAD = (f.ThreadMessagePosted, f.ThreadMessageRevised)
"""What is said to some of the team, and tells of something that a release covers or does not."""

ALWAYS = (f.CareTeamChanged, f.CoverNamed, f.CoverBegan, f.CoverEnded)
"""What needs no release: who belongs to the team says nothing of the patient."""


def seen_by(events: Sequence[Event], person_id: str) -> tuple[Event, ...]:
    """The events that a person may see, in order.

    Raises:
        Refused: ``not_of_the_team``: the person never had a place in the team and never acted.
    """
    events = tuple(events)
    present, external = _presence(events, person_id)
    released = tuple(_released(events, person_id))
    last = max((number for number, there in enumerate(present) if there), default=-1)
    seen = tuple(
        event
        for number, event in enumerate(events)
        if (event.actor is not None and event.actor.id == person_id)
        or (number <= last and (not external[last] or _covers(event, released[number])))
    )
    if not seen and last < 0:
        raise refused("not_of_the_team", "This person never belonged to the patient's care team.", "for")
    return seen


def released_now(events: Sequence[Event], person_id: str) -> frozenset[ReleaseScope]:
    """What the patient's releases to a person cover after the last event."""
    return deque(_released(events, person_id), maxlen=1).pop() if events else frozenset()


def _presence(events: Sequence[Event], person_id: str) -> tuple[list[bool], list[bool]]:
    """After each event: whether the person has a place or stands in, and whether as a therapist of another practice."""
    places: set[str] = set()
    practices: set[str] = set()
    present, external = [], []
    for event in events:
        fact = event.fact
        if isinstance(fact, f.ReferralAccepted):
            places = set(_places(fact.care_team, person_id))
            practices = places & {str(Seat.THERAPIST)} if fact.care_team.therapist_practice_id is not None else set()
        elif isinstance(fact, f.CareTeamChanged) and fact.seat is not Seat.SITTER:
            if fact.joined_id == person_id:
                places.add(fact.seat)
                practices |= {fact.seat} if fact.practice_id is not None else set()
            elif fact.left_id == person_id:
                places.discard(fact.seat)
                practices.discard(fact.seat)
        elif isinstance(fact, f.CoverBegan) and fact.person_id == person_id:
            places.add(f"cover of {fact.seat}")
        elif isinstance(fact, f.CoverEnded) and fact.person_id == person_id:
            places.discard(f"cover of {fact.seat}")
        # What makes somebody leave is the last that they see.
        present.append(bool(places) or (isinstance(fact, f.CareTeamChanged) and fact.left_id == person_id))
        external.append(bool(practices) and places <= practices)
    return present, external


def _places(team: CareTeam, person_id: str) -> Iterator[Seat]:
    """A sitter is no clinician: what the session needs of them, the therapist tells them."""
    return (seat for seat in Seat if seat is not Seat.SITTER and team.seated(seat) == person_id)


def _released(events: Sequence[Event], person_id: str) -> Iterator[frozenset[ReleaseScope]]:
    """After each event: what the patient's releases to the person cover. Only releases have a scope."""
    scopes: dict[str, frozenset[ReleaseScope]] = {}
    for event in events:
        fact = event.fact
        if isinstance(fact, f.ConsentRecorded) and fact.scope and fact.recipient in (None, person_id):
            scopes[fact.kind] = frozenset(fact.scope)
        elif isinstance(fact, f.ConsentWithdrawn | f.ConsentExpired):
            scopes.pop(fact.kind, None)
        yield frozenset[ReleaseScope]().union(*scopes.values())


def _covers(event: Event, scopes: frozenset[ReleaseScope]) -> bool:
    if isinstance(event.fact, THREAD):
        return Role.THERAPIST in event.fact.to and event.fact.scope in scopes
    return isinstance(event.fact, ALWAYS) or any(isinstance(event.fact, COVERED[scope]) for scope in scopes)
