"""Situations in which a sign of suicide risk was given."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from clients.scenarios.next_right import calm
from schemas.actors import Role
from schemas.commands import (
    ClearRisk,
    DiscontinuePathway,
    RecordHealthHistory,
    RecordLabs,
    RecordMeasure,
    RecordMedications,
)
from schemas.measures import Instrument
from schemas.pathway import Phase
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import ready
from tests.support.course import Course, at
from tests.support.protocols import packaged
from workflows.rules.gate import gate

RULES = packaged().instruments
assert RULES is not None
WINDOWS, BASELINE = RULES.risk, RULES.baseline
ASSESS = timedelta(minutes=WINDOWS.assess_min.value)
CSSRS = Instrument.CSSRS_SINCE_LAST_CONTACT
NO = {"q1": 0, "q2": 0, "q6": 0}
MODERATE = {"q1": 1, "q2": 1, "q3": 1, "q4": 0, "q5": 0, "q6": 0}
HIGH = {"q1": 1, "q2": 1, "q3": 1, "q4": 1, "q5": 0, "q6": 0}
UNFINISHED = {"q1": 1, "q2": 1}
UNFINISHED_HIGH = {"q1": 1, "q2": 1, "q4": 1}


def asked(course: Course, answers: Mapping[str, int | None], instrument: Instrument = CSSRS, **said: Any) -> Course:
    course.must(RecordMeasure, Role.NURSE, instrument=instrument, answers=answers, **said)
    return course


def item9(course: Course, answer: int = 1, **said: Any) -> Course:
    return asked(course, {**calm(course.state, Instrument.PHQ9), "q9": answer}, Instrument.PHQ9, **said)


def positive(situation: Callable[[], Course] = ready) -> Course:
    return item9(situation())


def screened(answers: dict[str, int], situation: Callable[[], Course] = ready) -> Course:
    return asked(situation(), answers)


def cleared_by(*roles: Role, situation: Callable[[], Course] | None = None) -> Course:
    course = situation() if situation is not None else screened(MODERATE)
    for role in roles:
        course.must(ClearRisk, role)
    return course


def after_the_end() -> Course:
    course = screened(HIGH, partial(at, Phase.PREPARATION))
    course.must(DiscontinuePathway, Role.PATIENT)
    return course


def examined() -> Course:
    """At screening, with everything known but the questionnaires."""
    course = at(Phase.SCREENING)
    for told in (RecordHealthHistory, RecordMedications, RecordLabs):
        course.must(told, Role.NURSE)
    return course


def allowed(course: Course, at_: datetime | None = None) -> bool:
    (risk,) = [check for check in gate(course.state, at_ or course.now) if check.name == "risk_cleared"]
    return risk.passed


def owed(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]
