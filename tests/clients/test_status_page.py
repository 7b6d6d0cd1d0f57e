"""The page of ``kap status`` tells of suicide risk and of check-ins."""

import re
from io import StringIO

from rich.console import Console

from clients.cli.tables import status_page
from schemas.actors import Role
from schemas.checkins import CheckinOutcome
from schemas.commands import ClearRisk, RecordCheckin, RecordMeasure
from schemas.measures import Instrument
from tests.rules.arrivals import at_risk, dosed, ready
from tests.rules.staffing import BIRCH, another_therapist, covered, no_therapist, verified
from tests.support.course import Course
from workflows.rules.status import status_of


def page(course: Course) -> str:
    console = Console(width=200, record=True, file=StringIO())
    for part in status_page(status_of(course.state, course.now, 0, 0)):
        console.print(part)
    return " ".join(console.export_text().split())


def test_risk_with_what_it_waits_for() -> None:
    course = at_risk()
    assert "Suicide risk: item9 positive" in page(course)
    assert "waits for a finished C-SSRS, then physician and therapist" in page(course)
    answers = {"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6": 0}
    course.must(RecordMeasure, Role.NURSE, instrument=Instrument.CSSRS_SINCE_LAST_CONTACT, answers=answers)
    course.must(ClearRisk, Role.PHYSICIAN)
    assert "cssrs moderate" in page(course)
    assert "counts as moderate; waits for therapist" in page(course)


def test_checkins_that_are_open_or_lie_ahead() -> None:
    course = dosed()
    assert "safety call (S1-safety_call)" in page(course)
    assert "opens in 12 h" in page(course)
    course.wait(hours=30)
    course.must(RecordCheckin, Role.NURSE, outcome=CheckinOutcome.NOT_REACHED, side_effects=None)
    assert "overdue, 1 without an answer" in page(course)


def test_nothing_of_it_where_nothing_is() -> None:
    assert "Suicide risk" not in page(ready())
    assert "Check-ins" not in page(ready())


def test_the_care_team_with_what_is_missing_and_who_has_left() -> None:
    course = another_therapist(practice_id="pr-9")
    verified(course, BIRCH, licences={}, references_checked=False)
    shown = page(course)
    assert "Care team: physician dr-sage; therapist th-birch of pr-9; coordinator co-moss" in shown
    assert "Not verified: therapist: licence, references" in shown
    assert "The team changed; dosing waits for the new therapist's preparation and a physician's word" in shown
    assert "th-fern left" in shown


def test_who_stands_in_and_a_place_that_is_empty() -> None:
    assert re.search(r"physician dr-sage, until \S+ .* dr-thyme; therapist th-fern", page(covered()))
    assert "therapist nobody" in page(no_therapist())
    assert "Care team" not in page(Course())
    assert "Not verified" not in page(ready())
