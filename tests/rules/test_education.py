"""What patients get to read: who asked for it, one topic a day, by indication, and never beside something grave."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schemas.actors import Role
from schemas.commands import ChooseEducation, CloseEmergency, DeclareEmergency, DiscontinuePathway, RecordWhereabouts
from schemas.facts import EducationDue, MessageRequested
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.protocol.checks import problems
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import START, Course, at
from tests.support.people import ZONE, an_enrolment
from tests.support.protocols import packaged, varied
from workflows.rules.deadlines import due, still_wanted

MOUNTAIN, PACIFIC = "America/Denver", "America/Los_Angeles"


def wanting(*indications: str) -> Course:
    """A course whose patient asked for something to read on the first morning, at eight."""
    course = Course(an_enrolment().model_copy(update={"indications": indications}))
    course.must(ChooseEducation, Role.PATIENT)
    return course


def told(course: Course) -> list[str]:
    return [fact.topic for fact in course.facts(EducationDue)]


def letters(course: Course) -> list[MessageRequest]:
    messages = (fact.message for fact in course.facts(MessageRequested))
    return [message for message in messages if message.template is Template.EDUCATION]


def told_at(course: Course, zone: str = MOUNTAIN) -> list[str]:
    """Month, day and wall clock."""
    told = [entry for entry in course.log if isinstance(entry.fact, EducationDue)]
    return [f"{entry.recorded_at.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" for entry in told]


def without() -> Course:
    """Under a protocol of before."""
    return Course(an_enrolment(packaged().model_copy(update={"education": None})))


def test_nobody_gets_anything_to_read_who_did_not_ask_for_it() -> None:
    course = Course()
    course.wait(days=40)
    assert not told(course)


def test_topics_come_in_the_morning_by_the_days_of_the_protocol_each_once() -> None:
    course = wanting()
    course.wait(days=40)
    assert told(course) == ["how_care_goes", "before_the_first_session", "keeping_what_was_found"]
    assert told_at(course) == ["01-12 10:00", "01-14 10:00", "01-25 10:00"]
    assert [(one.about, one.to_role, one.to_id) for one in letters(course)] == [
        (topic, Role.PATIENT, course.state.pathway_id) for topic in told(course)
    ]
    assert not any(one.is_pressing for one in letters(course))


@pytest.mark.parametrize(
    ("indications", "own"),
    [
        (("major_depression",), ["living_with_low_mood"]),
        (("generalized_anxiety", "posttraumatic_stress"), ["living_with_worry", "after_hard_experiences"]),
        (("end_of_life_distress",), []),
    ],
)
def test_what_is_for_an_indication_goes_to_nobody_else(indications: tuple[str, ...], own: list[str]) -> None:
    course = wanting(*indications)
    course.wait(days=40)
    assert told(course) == ["how_care_goes", "before_the_first_session", *own, "keeping_what_was_found"]


def test_there_is_one_topic_a_day_at_most_after_an_outage_too() -> None:
    course = wanting("generalized_anxiety", "posttraumatic_stress")
    course.outage(days=40)
    assert len(told(course)) == 1
    course.wait(days=10)
    assert len(told(course)) == 5
    assert len({clock[:5] for clock in told_at(course)}) == 5


def test_the_morning_is_that_of_where_the_patient_is() -> None:
    course = wanting()
    course.must(RecordWhereabouts, Role.PATIENT, zone=PACIFIC)
    course.wait(days=2)
    assert told_at(course, PACIFIC) == ["01-12 10:00"]


def test_at_ten_also_across_the_change_of_the_clocks() -> None:
    before = datetime(2027, 3, 13, 16, tzinfo=ZoneInfo("UTC"))
    course = Course(now=before)
    course.must(ChooseEducation, Role.PATIENT)
    course.wait(days=2)
    assert told_at(course) == ["03-14 10:00"]


def test_whoever_ends_it_is_not_told_of_what_waits_and_starts_anew_where_they_were() -> None:
    course = wanting()
    course.wait(days=1, hours=3)
    (letter,) = letters(course)
    assert still_wanted(course.state, letter, course.now)
    course.must(ChooseEducation, Role.PATIENT, wanted=False)
    assert not still_wanted(course.state, letter, course.now)
    course.wait(days=20)
    assert len(told(course)) == 1
    course.must(ChooseEducation, Role.COORDINATOR)
    course.wait(days=3, hours=3)
    assert told(course) == ["how_care_goes", "before_the_first_session"]


def test_beside_an_emergency_there_is_nothing_to_read_and_afterwards_it_goes_on() -> None:
    course = wanting()
    course.wait(hours=1)
    course.must(DeclareEmergency, Role.PATIENT)
    course.wait(days=2)
    assert not told(course)
    course.must(CloseEmergency, Role.PHYSICIAN)
    course.wait(days=1)
    assert told(course) == ["how_care_goes"]


def test_after_the_end_of_care_there_is_nothing_to_read() -> None:
    course = at(Phase.INTEGRATION)
    course.must(ChooseEducation, Role.PATIENT)
    course.must(DiscontinuePathway, Role.PATIENT)
    assert course.state.closure is None, "the safety contact is still open"
    assert not [one for one in due(course.state) if one.reason == "education_due"]


REFUSALS = [
    Refused("education_not_in_protocol", None, "a protocol without it", saying(without, ChooseEducation, Role.PATIENT)),
    Refused("education_as_before", "wanted", "wanted twice", saying(wanting, ChooseEducation, Role.PATIENT)),
    Refused(
        "education_as_before", "wanted", "never wanted", saying(Course, ChooseEducation, Role.PATIENT, wanted=False)
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_a_slip_of_the_pen_in_a_topic_is_found() -> None:
    topic = "education.topics.living_with_worry"
    assert not list(problems(packaged()))
    wrong = varied({f"{topic}.indications": ["worry"], f"{topic}.after_days": 1.5})
    assert {one.path for one in problems(wrong)} == {f"{topic}.after_days", f"{topic}.indications"}


def test_the_start_of_these_courses_is_a_morning_before_ten() -> None:
    assert ZONE == MOUNTAIN
    assert START.astimezone(ZoneInfo(ZONE)).hour < 10
    assert wanting().now - START < timedelta(hours=2)
