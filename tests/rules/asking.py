"""Situations after a session, in which somebody asks after the patient."""

from datetime import timedelta
from typing import Any

from clients.scenarios.next_right import calm
from schemas.actors import Role
from schemas.checkins import CheckinOutcome
from schemas.commands import (
    DeclineSafetyContact,
    WithdrawConsent,
)
from schemas.commands.checkins import Questionnaire
from schemas.facts import (
    CheckinDue,
)
from schemas.measures import Instrument
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import dosed
from tests.support.course import Course
from tests.support.protocols import packaged

RULES = packaged().checkins
assert RULES is not None
AFTER = RULES.after_session
CALL, DAY_3 = AFTER["safety_call"], AFTER["day_3"]
CALL_OPENS, CALL_DUE = timedelta(hours=CALL.opens_h.value), timedelta(hours=CALL.due_h.value)
HUMAN = timedelta(hours=RULES.missed.human_call_h.value)
WELFARE = timedelta(hours=RULES.missed.welfare_decision_h.value)
NOT_REACHED = CheckinOutcome.NOT_REACHED


def after_dose(elapsed: timedelta, situation: Any = dosed) -> Course:
    course: Course = situation()
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + elapsed)
    return course


def open_call() -> Course:
    return after_dose(CALL_OPENS)


def open_day_3() -> Course:
    return after_dose(timedelta(hours=DAY_3.opens_h.value))


def missed() -> Course:
    return after_dose(CALL_DUE + WELFARE)


def withdrawn() -> Course:
    course = open_call()
    course.must(WithdrawConsent, Role.PATIENT)
    return course


def declined() -> Course:
    course = withdrawn()
    course.must(DeclineSafetyContact, Role.PATIENT)
    return course


def asked(course: Course, *instruments: Instrument) -> dict[str, Any]:
    """Content of a check-in on day 3."""
    measures = tuple(Questionnaire(instrument=one, answers=calm(course.state, one)) for one in instruments)
    return {"checkin_id": "S1-day_3", "measures": measures, "side_effects": ()}


BOTH = (Instrument.CSSRS_SINCE_LAST_CONTACT, Instrument.PHQ9_ITEM9)


def work(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def opened(course: Course) -> list[str]:
    return [fact.checkin_id for fact in course.facts(CheckinDue)]
