"""Who the person is: a likeness waits for a human, and of two pathways of one person only one advances."""

from typing import Any

from schemas.actors import Role
from schemas.commands import AcceptReferral, DecideMerge, RecordMeasure, ReviewRepeatedReferral
from schemas.facts import IdentityCompared, ReferralRepeated
from schemas.measures import Instrument
from schemas.pathway import End, Phase
from schemas.referral import Comparison, Match, MatchBasis, MergeOutcome, ReferralSource
from schemas.treatment import TreatmentRoute
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course
from tests.support.people import TEAM, an_enrolment
from workflows.rules.step import follow

TWIN = Match(pathway_id="p-twin", basis=(MatchBasis.BIRTH_DATE_AND_FAMILY_NAME,), open=True)
FORMER = Match(pathway_id="p-former", basis=(MatchBasis.NAMES,), open=False)


def referred(*matches: Match, **changes: Any) -> Course:
    """A referral, with everybody who may be the same person."""
    said = {"comparison": Comparison(matches=matches), **changes}
    return Course(an_enrolment().model_copy(update=said))


def uncompared() -> Course:
    return referred(comparison=None)


def told(course: Course, *facts: Any) -> Course:
    """What the intake reports later."""
    course.state = follow(course.state, facts, course.now, course.now).state
    return course


def accept(course: Course, role: Role = Role.COORDINATOR, **fields: Any) -> Any:
    return course.refused(AcceptReferral, role, care_team=TEAM, **fields)


def decide(course: Course, other: Match, outcome: MergeOutcome) -> Any:
    return course.refused(DecideMerge, Role.COORDINATOR, other_pathway_id=other.pathway_id, outcome=outcome)


def accepted() -> Course:
    course = referred()
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM)
    return told(course, IdentityCompared(matches=(TWIN,)))


REFUSALS = [
    Refused("identity_not_compared", None, "before anybody was compared", lambda: accept(uncompared())),
    Refused("merge_undecided", None, "beside a look-alike", lambda: accept(referred(TWIN))),
    Refused("merge_undecided", None, "with one of two decided", lambda: accept(one_decided())),
    Refused(
        "match_unknown",
        "other_pathway_id",
        "about somebody who is no match",
        lambda: decide(referred(TWIN), FORMER, MergeOutcome.OTHER_PERSON),
    ),
    Refused(
        "other_pathway_open",
        "outcome",
        "two open pathways of one person",
        lambda: decide(referred(TWIN), TWIN, MergeOutcome.SAME_PERSON_CONTINUE_HERE),
    ),
    Refused(
        "referral_already_accepted",
        None,
        "a merge after acceptance",
        lambda: decide(accepted(), TWIN, MergeOutcome.SAME_PERSON_CONTINUE_THERE),
    ),
    Refused(
        "no_repeated_referral",
        None,
        "nothing to read",
        lambda: referred().refused(ReviewRepeatedReferral, Role.COORDINATOR),
    ),
    Refused(
        "indication_not_covered",
        None,
        "for what is not treated that way",
        lambda: accept(referred(indications=("substance_use",), treatment=TreatmentRoute.ESKETAMINE)),
    ),
    Refused(
        "indication_not_covered",
        None,
        "for something unknown, by a physician without a reason",
        lambda: accept(referred(indications=("snoring",)), Role.PHYSICIAN, reason=None),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def one_decided() -> Course:
    course = referred(TWIN, FORMER)
    course.must(DecideMerge, Role.COORDINATOR, other_pathway_id="p-twin", outcome=MergeOutcome.OTHER_PERSON)
    return course


def kinds(course: Course) -> list[WorkKind]:
    return [item.kind for item in course.state.work]


def test_a_twin_goes_on_once_a_human_said_so() -> None:
    course = referred(TWIN)
    assert WorkKind.DECIDE_MERGE in kinds(course)
    course.must(DecideMerge, Role.COORDINATOR, other_pathway_id="p-twin", outcome=MergeOutcome.OTHER_PERSON)
    assert WorkKind.DECIDE_MERGE not in kinds(course)
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM)


def test_time_decides_nothing() -> None:
    course = referred(TWIN)
    course.wait(days=60)
    assert WorkKind.DECIDE_MERGE in kinds(course)
    assert accept(course).code == "merge_undecided"


def test_the_same_person_is_not_treated_twice() -> None:
    course = referred(TWIN)
    there = MergeOutcome.SAME_PERSON_CONTINUE_THERE
    course.must(DecideMerge, Role.COORDINATOR, other_pathway_id="p-twin", outcome=there)
    assert course.phase is Phase.CLOSED
    assert course.state.closure is not None
    assert course.state.closure.end is End.DUPLICATE


def test_a_former_patient_comes_back() -> None:
    course = referred(FORMER)
    here = MergeOutcome.SAME_PERSON_CONTINUE_HERE
    course.must(DecideMerge, Role.PHYSICIAN, other_pathway_id="p-former", outcome=here)
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM)


def test_a_comparison_that_comes_late_is_waited_for() -> None:
    course = uncompared()
    told(course, IdentityCompared(matches=()))
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM)


def test_a_repeated_referral_is_read_by_somebody() -> None:
    course = told(
        referred(),
        ReferralRepeated(referral_id="r-2", source=ReferralSource.PHYSICIAN, concern="Asked again.", goals=()),
    )
    assert WorkKind.REVIEW_REPEATED_REFERRAL in kinds(course)
    course.must(ReviewRepeatedReferral, Role.COORDINATOR)
    assert WorkKind.REVIEW_REPEATED_REFERRAL not in kinds(course)


def test_what_the_list_covers_is_accepted() -> None:
    course = referred(indications=("major_depression", "posttraumatic_stress"))
    course.must(AcceptReferral, Role.COORDINATOR, care_team=TEAM)


def test_one_indication_among_others_that_is_not_offered_needs_a_physician() -> None:
    course = referred(indications=("major_depression", "depression_with_acute_suicidality"))
    assert accept(course).code == "indication_not_covered"
    course.must(AcceptReferral, Role.PHYSICIAN, care_team=TEAM, reason="Seen today.")


def test_the_same_person_elsewhere_does_not_drop_an_open_risk() -> None:
    course = referred(TWIN)
    answers = {f"q{number}": 3 for number in range(1, 10)}
    course.must(RecordMeasure, Role.PATIENT, instrument=Instrument.PHQ9, answers=answers)
    outcome = MergeOutcome.SAME_PERSON_CONTINUE_THERE
    course.must(DecideMerge, Role.COORDINATOR, other_pathway_id=TWIN.pathway_id, outcome=outcome)
    assert course.phase is Phase.SAFETY_CONTACT
    assert WorkKind.ASSESS_RISK in kinds(course)
    course.until(lambda it: it.phase is Phase.CLOSED)
    assert course.state.closure is not None
    assert course.state.closure.end is End.DUPLICATE


def test_a_physician_may_take_the_responsibility() -> None:
    course = referred(indications=("snoring",))
    course.must(AcceptReferral, Role.PHYSICIAN, care_team=TEAM, reason="Agreed with the referring colleague.")
