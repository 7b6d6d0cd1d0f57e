"""Check-ins after a session: planned with the drug, opened by time, ended by humans alone."""

from datetime import timedelta
from typing import Any

import pytest

from clients.scenarios.next_right import calm
from schemas.actors import Role
from schemas.commands import (
    DecideWelfare,
    DeclineSafetyContact,
    RecordCheckin,
    RecordMeasure,
)
from schemas.commands.checkins import Questionnaire
from schemas.facts import (
    CheckinRecorded,
    MeasureRecorded,
)
from schemas.measures import Instrument
from schemas.pathway import Phase
from schemas.treatment import TreatmentRoute
from schemas.work import WorkKind
from tests.rules.arrivals import TICK, booked, boost, dosed, held, ready, revoked
from tests.rules.asking import (
    AFTER,
    BOTH,
    CALL_DUE,
    CALL_OPENS,
    NOT_REACHED,
    WELFARE,
    after_dose,
    asked,
    declined,
    open_call,
    open_day_3,
    opened,
    work,
)
from tests.rules.refusing import Refused, each, holds
from tests.support.course import at


def on_day_3(role: Role = Role.NURSE, *instruments: Instrument, **said: Any) -> Any:
    course = open_day_3()
    return course.refused(RecordCheckin, role, **{**asked(course, *instruments), **said})


REFUSALS = [
    *(
        Refused("checkin_not_open", "checkin_id", what, attempt)
        for what, attempt in (
            ("before it opens", lambda: after_dose(CALL_OPENS - TICK).refused(RecordCheckin, Role.NURSE)),
            ("no session", lambda: ready().refused(RecordCheckin, Role.NURSE)),
            ("deciding on none", lambda: ready().refused(DecideWelfare, Role.PHYSICIAN)),
            ("after it was declined", lambda: declined().refused(RecordCheckin, Role.NURSE)),
        )
    ),
    Refused(
        "checkin_too_early",
        "observed_at",
        "held before it opened",
        lambda: (course := open_call()).refused(RecordCheckin, Role.NURSE, observed_at=course.now - TICK),
    ),
    Refused(
        "content_without_contact",
        "outcome",
        "not reached, and nauseous",
        lambda: open_call().refused(RecordCheckin, Role.NURSE, outcome=NOT_REACHED),
    ),
    Refused(
        "patient_not_reached",
        "outcome",
        "the patient says that nobody reached the patient",
        lambda: open_call().refused(RecordCheckin, Role.PATIENT, outcome=NOT_REACHED, side_effects=None),
    ),
    Refused(
        "staff_call_needed",
        None,
        "the patient alone",
        lambda: open_call().refused(RecordCheckin, Role.PATIENT),
    ),
    Refused(
        "measure_twice",
        "measures",
        "item 9 twice",
        lambda: on_day_3(Role.NURSE, *BOTH, Instrument.PHQ9_ITEM9),
    ),
    *(
        Refused(
            "checkin_measure_missing",
            "measures",
            f"only {one}",
            lambda one=one: on_day_3(Role.PATIENT, one),  # type: ignore[misc]
        )
        for one in BOTH
    ),
    Refused(
        "side_effects_missing", "side_effects", "nobody asked", lambda: on_day_3(Role.NURSE, *BOTH, side_effects=None)
    ),
    Refused(
        "unknown_item",
        "measures.0.answers.q7",
        "an item that is none",
        lambda: on_day_3(
            Role.NURSE, measures=tuple(Questionnaire(instrument=one, answers={"q7": 0, "q9": 0}) for one in BOTH)
        ),
    ),
    Refused(
        "welfare_not_due",
        "checkin_id",
        "the hour before",
        lambda: after_dose(CALL_DUE + WELFARE - TICK).refused(DecideWelfare, Role.PHYSICIAN),
    ),
    Refused(
        "treatment_goes_on",
        None,
        "while care goes on",
        lambda: open_call().refused(DeclineSafetyContact, Role.PATIENT),
    ),
    Refused(
        "no_safety_contact",
        None,
        "declining twice",
        lambda: declined().refused(DeclineSafetyContact, Role.PATIENT),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize("kind", list(AFTER))
def test_each_opens_at_its_time_after_the_last_drug(kind: str) -> None:
    rule = AFTER[kind]
    opens = timedelta(hours=rule.opens_h.value)
    course = after_dose(opens - TICK)
    assert f"S1-{kind}" not in opened(course)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + opens)
    assert opened(course)[-1] == f"S1-{kind}"
    (item,) = [item for item in work(course, WorkKind.HOLD_CHECKIN) if item.subject == f"S1-{kind}"]
    assert item.due_at == drug + timedelta(hours=rule.due_h.value)
    assert item.owner_role is Role.THERAPIST


def test_a_second_dose_restarts_the_clock() -> None:
    course = dosed()
    first = course.now
    course.wait(minutes=15)
    boost(course)
    course.wait_until(first + CALL_OPENS)
    assert opened(course) == []
    course.wait(minutes=15)
    assert opened(course) == ["S1-safety_call"]


@pytest.mark.parametrize("situation", [booked, held, revoked])
def test_without_drug_nobody_is_asked(situation: Any) -> None:
    course = situation()
    course.wait(days=10)
    assert opened(course) == []


def test_without_psychotherapy_a_nurse_asks() -> None:
    course = at(Phase.APPROVAL, cycle=2, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.wait(days=1)
    assert {item.owner_role for item in work(course, WorkKind.HOLD_CHECKIN)} == {Role.NURSE}


def test_whoever_is_reached_ends_it() -> None:
    course = open_call()
    course.must(RecordCheckin, Role.COORDINATOR)
    assert work(course, WorkKind.HOLD_CHECKIN) == []
    (done,) = course.facts(CheckinRecorded)
    assert done.side_effects is not None
    assert [effect.code for effect in done.side_effects] == ["nausea"]


def test_day_3_records_its_questionnaires() -> None:
    course = open_day_3()
    before = len(course.facts(MeasureRecorded))
    course.must(RecordCheckin, Role.PATIENT, **asked(course, *BOTH))
    new = course.facts(MeasureRecorded)[before:]
    assert [fact.score.instrument for fact in new] == list(BOTH)
    assert not any(fact.score.valid_as_response for fact in new)


def test_what_was_answered_since_it_opened_is_not_asked_again() -> None:
    course = open_day_3()
    course.must(RecordMeasure, Role.PATIENT, instrument=BOTH[0], answers=calm(course.state, BOTH[0]))
    course.must(RecordCheckin, Role.NURSE, **asked(course, BOTH[1]))


def test_item_9_on_day_3_blocks_the_next_dose() -> None:
    course = open_day_3()
    said = asked(course, *BOTH)
    positive = Questionnaire(instrument=Instrument.PHQ9_ITEM9, answers={"q9": 1})
    course.must(RecordCheckin, Role.PATIENT, **{**said, "measures": (said["measures"][0], positive)})
    assert course.state.risk.blocked
