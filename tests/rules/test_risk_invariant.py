"""Invariant: a positive item 9 or an unfinished C-SSRS blocks dosing until physician and therapist both clear it."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.actors import Role
from schemas.commands import ClearRisk, RecordAdministration, RecordMeasure, RecordRiskContact
from schemas.measures import Instrument
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.treatment import TreatmentRoute
from tests.rules.arrivals import approval_of, ready
from tests.rules.audits.risk import RiskAudit
from tests.support.course import Course, at

SAID = {
    "item 9": (Instrument.PHQ9_ITEM9, {"q9": 1}),
    "no item 9": (Instrument.PHQ9_ITEM9, {"q9": 0}),
    "no risk": (Instrument.CSSRS_SINCE_LAST_CONTACT, {"q1": 0, "q2": 0, "q6": 0}),
    "unfinished": (Instrument.CSSRS_SINCE_LAST_CONTACT, {"q1": 0, "q2": 1}),
    "moderate": (Instrument.CSSRS, {"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6": 0}),
    "high": (Instrument.CSSRS, {"q1": 1, "q2": 1, "q3": 0, "q4": 1, "q5": 0, "q6": 0}),
}
CLEARING = (Role.PHYSICIAN, Role.THERAPIST, Role.NURSE)
MOVES = [*SAID, *(f"cleared by {role}" for role in CLEARING), "contact", "a while", "an hour"]


def moved(course: Course, move: str, ago: timedelta) -> None:
    if move in SAID:
        instrument, answers = SAID[move]
        course.must(RecordMeasure, Role.NURSE, instrument=instrument, answers=answers, observed_at=course.now - ago)
    elif move == "contact":
        course.do(RecordRiskContact, Role.PHYSICIAN)
    elif move.startswith("cleared"):
        course.do(ClearRisk, Role(move.removeprefix("cleared by ")))
    else:
        course.wait(minutes=1 if move == "a while" else 61)


def standard() -> Course:
    """Everything is in order, in a treatment without psychotherapy."""
    course = at(Phase.SESSION, treatment=TreatmentRoute.STANDARD_KETAMINE)
    return course.until(lambda it: it.state.cycle.session is not None and bool(it.session.readings))


@settings(max_examples=300, deadline=None)
@given(
    situation=st.sampled_from([ready, standard]),
    moves=st.lists(st.tuples(st.sampled_from(MOVES), st.sampled_from([0, 0, 0, 1, 30])), max_size=9),
    late=st.sampled_from([0, 0, 1, 59]),
)
def test_a_dose_is_given_exactly_where_the_record_shows_no_open_risk(
    situation: Callable[[], Course], moves: list[tuple[str, int]], late: int
) -> None:
    course = situation()
    for move, ago in moves:
        moved(course, move, timedelta(minutes=ago))
    audit = RiskAudit(course.state.protocol, course.opening)
    for entry in course.log:
        audit.read(entry)
    audit.agrees_with(course.state)
    given_at = course.now - timedelta(minutes=late)
    answer = course.do(
        RecordAdministration, Role.NURSE, dose_mg=1.0, route=approval_of(course).route, observed_at=given_at
    )
    codes = str(answer.facts.get("failed_checks")) if isinstance(answer, Refusal) else ""
    if audit.blocks(given_at):
        assert "risk_not_cleared" in codes
    else:
        assert "risk_not_cleared" not in codes
