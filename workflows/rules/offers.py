"""Rules of the search for a therapist: one is asked after another, and only a candidate's own word accepts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.actors import Role, Seat
from schemas.commands import AnswerOffer, OfferTherapist, WithdrawOffer
from schemas.facts import (
    CareTeamChanged,
    Fact,
    MessageRequested,
    TherapistOfferAnswered,
    TherapistOffered,
    TherapistOfferExpired,
    TherapistOfferWithdrawn,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from schemas.team import Candidate, Credential, TeamChangeCause, TherapistOffer
from workflows.rules.credentials import Clinician, lacking, place_of_dose
from workflows.rules.refusing import Refused, require


def offer_therapist(state: Pathway, command: OfferTherapist, at: datetime) -> list[Fact]:
    """While the place is empty and nobody is asked, to candidates who hold what is asked in the patient's state."""
    _require_place(state)
    require(_open_for(state), "offers_not_in_protocol", "The protocol does not say how long an offer stands.")
    require(state.staffing.offer is None, "offer_stands", "Somebody is being asked; withdraw that offer first.")
    candidates = command.candidates
    once = len({one.person_id for one in candidates}) == len(candidates)
    require(once, "candidate_named_twice", "Each candidate is named once.", "candidates")
    for one in candidates:
        there = one.person_id not in state.staffing.departed
        require(there, "person_has_left", "This person has left the care team.", "candidates")
        _require_qualified(state, one, at, "candidates")
    own = state.staffing.own_therapist_id
    return list(_offered(state, tuple(sorted(candidates, key=lambda one: one.person_id != own)), at))


def answer_offer(state: Pathway, command: AnswerOffer, at: datetime) -> list[Fact]:
    """By the candidate, while the offer stands; who accepts must still hold what is asked."""
    offer = _standing(state, command.offer_id, at)
    candidate = offer.candidate
    own = command.actor.id == candidate.person_id
    require(own, "not_the_candidate", "Somebody else is being asked; only they can answer.", "actor.id")
    answered = TherapistOfferAnswered(offer_id=offer.id, person_id=candidate.person_id, accepted=command.accepted)
    if not command.accepted:
        return [answered, *_offered(state, offer.others, at)]
    _require_place(state)
    _require_qualified(state, candidate, at, "actor.id")
    joined = CareTeamChanged(
        seat=Seat.THERAPIST,
        left_id=None,
        joined_id=candidate.person_id,
        cause=TeamChangeCause.JOINING,
        practice_id=candidate.practice_id,
    )
    return [answered, joined]


def withdraw_offer(state: Pathway, command: WithdrawOffer, at: datetime) -> list[Fact]:
    """Of the offer that stands."""
    return [TherapistOfferWithdrawn(offer_id=_standing(state, command.offer_id, at).id)]


def expired(state: Pathway, offer: TherapistOffer, now: datetime) -> Iterator[Fact]:
    """Nobody answered: the next candidate is asked, and the last one's silence leaves the place empty."""
    yield TherapistOfferExpired(offer_id=offer.id, person_id=offer.candidate.person_id)
    yield from _offered(state, offer.others, now)


def _offered(state: Pathway, candidates: tuple[Candidate, ...], at: datetime) -> Iterator[Fact]:
    """To the first who holds what is asked as of now; nothing if nobody does, or nobody is looked for any more."""
    span = _open_for(state)
    if span is None or not is_wanted(state):
        return
    left = state.staffing.departed
    fit = [one for one in candidates if one.person_id not in left and not _lacks(state, one, at)]
    if not fit:
        return
    first = candidates.index(fit[0])
    number = state.staffing.offers_made + 1
    offer = TherapistOffer(id=f"O{number}", candidate=fit[0], expires_at=at + span, others=candidates[first + 1 :])
    yield TherapistOffered(offer=offer, passed_over=tuple(one.person_id for one in candidates[:first]))
    yield MessageRequested(
        message=MessageRequest(
            id=state.next_message_id,
            template=Template.OFFER_WAITING,
            to_role=Role.THERAPIST,
            to_id=offer.candidate.person_id,
            about=offer.id,
            at=offer.expires_at,
            expires_at=offer.expires_at,
        )
    )


def is_wanted(state: Pathway) -> bool:
    """Whether a therapist belongs to the treatment and the place is empty."""
    team = state.care_team
    return team is not None and state.has_psychotherapy and state.series_continues and team.therapist_id is None


def _require_place(state: Pathway) -> None:
    require(state.care_team is not None, "referral_not_accepted", "The referral has not been accepted yet.")
    require(is_wanted(state), "no_therapist_wanted", "The therapist's place is not empty, or not needed.")


def _standing(state: Pathway, offer_id: str, at: datetime) -> TherapistOffer:
    offer = state.staffing.offer
    if offer is None or offer.id != offer_id or at >= offer.expires_at:
        raise Refused("offer_over", "This offer does not stand any more.", "offer_id")
    return offer


def _require_qualified(state: Pathway, candidate: Candidate, at: datetime, field: str) -> None:
    lacks, where = _lacks(state, candidate, at), place_of_dose(state)
    require(
        Credential.LICENCE not in lacks,
        "candidate_not_licensed",
        "No licence of this candidate in the patient's state is verified and valid.",
        field,
        state=where,
    )
    require(
        not lacks,
        "candidate_not_qualified",
        "Something else that a therapist has to hold is not verified and valid.",
        field,
        lacking=", ".join(lacks),
    )


def _lacks(state: Pathway, candidate: Candidate, at: datetime) -> tuple[Credential, ...]:
    """What the candidate would lack in the place: more is asked of a therapist with a practice of their own."""
    if state.care_team is None:
        return ()
    place = {"therapist_id": candidate.person_id, "therapist_practice_id": candidate.practice_id}
    seated = state.model_copy(update={"care_team": state.care_team.model_copy(update=place)})
    return lacking(seated, Clinician(candidate.person_id, Role.THERAPIST), place_of_dose(state), at)


def _open_for(state: Pathway) -> timedelta | None:
    rules = state.protocol.care_team
    stands = rules.offer_stands_h if rules is not None else None
    return timedelta(hours=stands.value) if stands is not None else None


def therapist_offered(state: Pathway, fact: TherapistOffered, at: datetime) -> dict[str, Any]:
    """Somebody is asked."""
    del at
    made = state.staffing.offers_made + 1
    return _searched(state, offer=fact.offer, offers_made=made, candidates_exhausted=False)


def therapist_offer_answered(state: Pathway, fact: TherapistOfferAnswered, at: datetime) -> dict[str, Any]:
    """Nobody is asked any more, until the next is."""
    del at
    return _searched(state, offer=None, candidates_exhausted=not fact.accepted)


def therapist_offer_expired(state: Pathway, fact: TherapistOfferExpired, at: datetime) -> dict[str, Any]:
    """Nobody is asked any more, until the next is."""
    del fact, at
    return _searched(state, offer=None, candidates_exhausted=True)


def therapist_offer_withdrawn(state: Pathway, fact: TherapistOfferWithdrawn, at: datetime) -> dict[str, Any]:
    """Nobody is asked."""
    del fact, at
    return _searched(state, offer=None)


def _searched(state: Pathway, **changes: Any) -> dict[str, Any]:
    return {"staffing": state.staffing.model_copy(update=changes)}
