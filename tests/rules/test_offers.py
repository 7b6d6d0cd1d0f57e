"""The search for a therapist: one is asked after another, only their own word accepts, and silence is no answer."""

from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.actors import Actor, Role, Seat
from schemas.commands import AnswerOffer, ContinueSeries, OfferTherapist, RecordCredentials, WithdrawOffer
from schemas.facts import CareTeamChanged, MessageRequested, TherapistOffered, TherapistOfferExpired, WorkItemOverdue
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.team import Candidate
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import BIRCH, FERN, change, credentials, no_therapist, owed, verified
from tests.support.course import Course, at
from tests.support.protocols import given as there
from tests.support.protocols import packaged
from workflows.rules.deadlines import still_wanted

ELM = Actor(id="th-elm", role=Role.THERAPIST)
STANDS = timedelta(hours=there(there(packaged().care_team).offer_stands_h).value)
TICK = timedelta(seconds=1)


def candidates(*people: Actor, practice: str | None = None) -> tuple[Candidate, ...]:
    return tuple(Candidate(person_id=one.id, practice_id=practice) for one in people)


def searching() -> Course:
    """Fern has left, and Birch and Elm are verified."""
    return verified(verified(no_therapist(), BIRCH), ELM)


def offered(*people: Actor, practice: str | None = None) -> Course:
    course = searching()
    course.must(OfferTherapist, Role.COORDINATOR, candidates=candidates(*(people or (BIRCH, ELM)), practice=practice))
    return course


@cache
def two_asked() -> Course:
    return offered()


def answer(course: Course, who: Actor, *, accepted: bool = True) -> None:
    course.must(AnswerOffer, Role.THERAPIST, actor=who, **standing(course), accepted=accepted)


def standing(course: Course) -> dict[str, Any]:
    return {"offer_id": there(course.state.staffing.offer).id}


def asked(course: Course) -> str | None:
    offer = course.state.staffing.offer
    return offer.candidate.person_id if offer is not None else None


def exhausted(course: Course) -> list[str]:
    return [item.subject for item in owed(course, WorkKind.ASSIGN_THERAPIST) if item.subject == "no-candidate-left"]


def lapsed(**changes: Any) -> Refusal:
    """What Birch holds is found not to be so while the offer stands."""
    course = offered(BIRCH)
    course.must(RecordCredentials, Role.COORDINATOR, credentials=credentials(BIRCH, **changes))
    return course.refused(AnswerOffer, Role.THERAPIST, actor=BIRCH, **standing(course))


def under_an_older_protocol() -> Refusal:
    course = searching()
    rules = there(course.state.protocol.care_team).model_copy(update={"offer_stands_h": None})
    protocol = course.state.protocol.model_copy(update={"care_team": rules})
    course.state = course.state.model_copy(update={"protocol": protocol})
    return course.refused(OfferTherapist, Role.COORDINATOR)


def unverified(**changes: Any) -> Course:
    return verified(no_therapist(), BIRCH, **changes)


def late() -> Refusal:
    course = offered(BIRCH)
    course.wait(hours=STANDS.total_seconds() / 3600)
    return course.refused(AnswerOffer, Role.THERAPIST, actor=BIRCH, offer_id="O1")


ONLY_BIRCH = {"candidates": candidates(BIRCH)}

REFUSALS = [
    Refused("referral_not_accepted", None, "no team", saying(Course, OfferTherapist, Role.COORDINATOR)),
    Refused(
        "no_therapist_wanted", None, "there is one", saying(lambda: at(Phase.SESSION), OfferTherapist, Role.COORDINATOR)
    ),
    Refused("offers_not_in_protocol", None, "an older protocol", under_an_older_protocol),
    Refused("offer_stands", None, "somebody is asked", saying(offered, OfferTherapist, Role.COORDINATOR)),
    Refused(
        "candidate_named_twice",
        "candidates",
        "the same twice",
        saying(searching, OfferTherapist, Role.COORDINATOR, candidates=candidates(BIRCH, BIRCH)),
    ),
    Refused(
        "person_has_left",
        "candidates",
        "who has left",
        saying(searching, OfferTherapist, Role.COORDINATOR, candidates=candidates(FERN)),
    ),
    Refused(
        "candidate_not_licensed",
        "candidates",
        "not verified",
        saying(no_therapist, OfferTherapist, Role.COORDINATOR, **ONLY_BIRCH),
    ),
    Refused(
        "candidate_not_qualified",
        "candidates",
        "without training",
        saying(lambda: unverified(kap_trained=False), OfferTherapist, Role.COORDINATOR, **ONLY_BIRCH),
    ),
    Refused(
        "candidate_not_qualified",
        "candidates",
        "of another practice without references",
        saying(
            lambda: unverified(references_checked=False),
            OfferTherapist,
            Role.COORDINATOR,
            candidates=candidates(BIRCH, practice="pr-9"),
        ),
    ),
    Refused("candidate_not_licensed", "actor.id", "not any more", lambda: lapsed(licences={})),
    Refused("candidate_not_qualified", "actor.id", "not any more", lambda: lapsed(kap_trained=False)),
    Refused("not_the_candidate", "actor.id", "another", saying(offered, AnswerOffer, Role.THERAPIST, actor=ELM)),
    Refused("offer_over", "offer_id", "too late", late),
    Refused("offer_over", "offer_id", "none", saying(searching, WithdrawOffer, Role.COORDINATOR)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_who_accepts_joins_as_if_placed_by_hand() -> None:
    course, by_hand = offered(BIRCH, practice="pr-9"), searching()
    answer(course, BIRCH)
    change(by_hand, Seat.THERAPIST, None, BIRCH.id, practice_id="pr-9")
    assert course.state.care_team == by_hand.state.care_team
    assert course.state.staffing.handover == by_hand.state.staffing.handover
    kinds = [{(item.kind, item.owner_id) for item in one.state.work} for one in (course, by_hand)]
    assert kinds[0] == kinds[1]
    assert not owed(course, WorkKind.ASSIGN_THERAPIST)
    assert course.state.staffing.offer is None
    course.must(ContinueSeries, Role.PHYSICIAN)


def test_the_next_is_asked_when_one_declines_and_the_end_of_the_list_is_work_that_climbs() -> None:
    course = offered()
    assert asked(course) == BIRCH.id
    answer(course, BIRCH, accepted=False)
    assert (asked(course), exhausted(course)) == (ELM.id, [])
    answer(course, ELM, accepted=False)
    assert (asked(course), exhausted(course)) == (None, ["no-candidate-left"])
    (item,) = (one for one in owed(course, WorkKind.ASSIGN_THERAPIST) if one.subject == "no-candidate-left")
    course.wait(days=4)
    assert Role.PHYSICIAN in {one.escalated_to for one in course.facts(WorkItemOverdue) if one.item_id == item.id}
    course.must(OfferTherapist, Role.COORDINATOR, **ONLY_BIRCH)
    assert exhausted(course) == []


def test_a_message_goes_to_whoever_is_asked_and_is_not_sent_once_the_offer_is_over() -> None:
    course = offered()
    answer(course, BIRCH, accepted=False)
    sent = [one.message for one in course.facts(MessageRequested) if one.message.template is Template.OFFER_WAITING]
    assert [one.to_id for one in sent] == [BIRCH.id, ELM.id]
    assert [still_wanted(course.state, one, course.now) for one in sent] == [False, True]
    assert len({one.message.id for one in course.facts(MessageRequested)}) == len(course.facts(MessageRequested))


def test_who_lost_a_licence_meanwhile_is_passed_over() -> None:
    course = offered()
    course.must(RecordCredentials, Role.COORDINATOR, credentials=credentials(ELM, licences={}))
    answer(course, BIRCH, accepted=False)
    assert (asked(course), exhausted(course)) == (None, ["no-candidate-left"])


def test_the_patients_own_therapist_is_asked_first() -> None:
    course = searching()
    staffing = course.state.staffing.model_copy(update={"own_therapist_id": ELM.id})
    course.state = course.state.model_copy(update={"staffing": staffing})
    course.must(OfferTherapist, Role.COORDINATOR, candidates=candidates(BIRCH, ELM))
    assert asked(course) == ELM.id


def test_what_is_withdrawn_or_filled_by_hand_asks_nobody_else() -> None:
    withdrawn, filled = offered(), offered()
    withdrawn.must(WithdrawOffer, Role.COORDINATOR, **standing(withdrawn))
    change(filled, Seat.THERAPIST, None, "th-oak")
    for course in (withdrawn, filled):
        course.wait(days=10)
        assert (asked(course), exhausted(course), len(course.facts(TherapistOffered))) == (None, [], 1)


@settings(deadline=None, max_examples=25)
@given(hours=st.lists(st.integers(1, 200), min_size=1, max_size=4), catching_up=st.booleans())
def test_silence_never_accepts(hours: list[int], catching_up: bool) -> None:
    course = two_asked().fork()
    changes = len(course.facts(CareTeamChanged))
    for span in hours:
        (course.outage if catching_up else course.wait)(hours=span)
        assert there(course.state.care_team).therapist_id is None
    assert len(course.facts(CareTeamChanged)) == changes
    assert owed(course, WorkKind.ASSIGN_THERAPIST)
    assert bool(exhausted(course)) == (len(course.facts(TherapistOfferExpired)) == 2)
