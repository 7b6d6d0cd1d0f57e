"""Check-ins after a session: planned with the drug, opened and made urgent by time, ended by humans alone."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.actors import Role
from schemas.checkins import CheckinOutcome, WelfareDecision
from schemas.commands import (
    CompletePathway,
    DecideWelfare,
    DeclineSafetyContact,
    DiscontinuePathway,
    ExtendSeries,
    RecordAdministration,
    RecordCheckin,
    RecordConsent,
    RecordMeasure,
    SignIntegrationNote,
    WithdrawConsent,
)
from schemas.commands.checkins import Questionnaire
from schemas.facts import (
    CheckinAttempted,
    CheckinDue,
    CheckinMissed,
    CheckinRecorded,
    MeasureRecorded,
    MessageRequested,
    MissedStage,
)
from schemas.measures import Instrument
from schemas.pathway import Phase
from schemas.treatment import TreatmentRoute
from schemas.work import WorkItem, WorkKind
from tests.rules.arrivals import TICK, booked, dosed, held, ready, revoked
from tests.rules.refusing import Refused, each, holds
from tests.support.course import Course, at
from tests.support.next_right import asking, calm
from tests.support.protocols import packaged, short
from workflows.rules.deadlines import still_wanted
from workflows.rules.status import status_of

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


def work(course: Course, kind: WorkKind) -> list[WorkItem]:
    return [item for item in course.state.work if item.kind is kind]


def opened(course: Course) -> list[str]:
    return [fact.checkin_id for fact in course.facts(CheckinDue)]


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
    course.must(RecordAdministration, Role.NURSE, dose_mg=1.0, route=course.session.doses[0].route)
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


# Missed


def test_missed_reminders_then_a_call_then_a_decision() -> None:
    course = after_dose(CALL_DUE)
    due_at = course.now
    ladder = packaged().ladder_of(WorkKind.HOLD_CHECKIN)
    (item,) = work(course, WorkKind.HOLD_CHECKIN)
    for hours in ladder.steps_h:
        course.wait_until(due_at + timedelta(hours=hours) - TICK)
        before = work(course, WorkKind.HOLD_CHECKIN)[0].steps
        course.wait_until(due_at + timedelta(hours=hours))
        assert work(course, WorkKind.HOLD_CHECKIN)[0].steps == before + 1
    for wait, kind, owner in (
        (HUMAN, WorkKind.CALL_PATIENT, Role.COORDINATOR),
        (WELFARE, WorkKind.DECIDE_WELFARE, Role.PHYSICIAN),
    ):
        course.wait_until(due_at + wait - TICK)
        assert work(course, kind) == []
        course.wait_until(due_at + wait)
        assert [(item.subject, item.owner_role) for item in work(course, kind)] == [("S1-safety_call", owner)]
    stages = [fact.stage for fact in course.facts(CheckinMissed)]
    assert stages == [MissedStage.HUMAN_CALL, MissedStage.WELFARE_DECISION]
    assert item.id in {one.id for one in course.state.work}


def test_time_closes_no_checkin() -> None:
    course = missed()
    course.wait(days=400)
    assert "S1-safety_call" in {one.id for one in course.state.checkins.open}
    assert len([fact for fact in course.facts(CheckinMissed) if fact.checkin_id == "S1-safety_call"]) == 2


def test_a_call_without_an_answer_leaves_it_open() -> None:
    course = after_dose(CALL_DUE + HUMAN)
    course.must(RecordCheckin, Role.COORDINATOR, outcome=NOT_REACHED, side_effects=None)
    assert len(course.facts(CheckinAttempted)) == 1
    assert work(course, WorkKind.CALL_PATIENT) == []
    assert len(work(course, WorkKind.HOLD_CHECKIN)) == 1
    course.wait_until(course.now + WELFARE - HUMAN)
    assert work(course, WorkKind.CALL_PATIENT) == []
    assert len(work(course, WorkKind.DECIDE_WELFARE)) == 1


@pytest.mark.parametrize("decision", list(WelfareDecision))
def test_only_closing_ends_it(decision: WelfareDecision) -> None:
    course = missed()
    course.must(DecideWelfare, Role.THERAPIST, decision=decision)
    closed = decision is WelfareDecision.CLOSE
    call = [one for one in course.state.checkins.open if one.id == "S1-safety_call"]
    assert bool(call) is not closed
    assert work(course, WorkKind.DECIDE_WELFARE) == []
    if not closed:
        course.wait_until(course.now + WELFARE)
        assert "S1-safety_call" in {item.subject for item in work(course, WorkKind.DECIDE_WELFARE)}


# The series, withdrawal, the end


def test_a_missed_integration_visit_cancels_nothing() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(days=9)
    assert course.phase is Phase.INTEGRATION
    assert opened(course) == ["S1-safety_call", "S1-day_3", "S1-day_7"]


def test_the_visit_ends_the_cycle_and_the_checkins_go_on() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(hours=25)
    course.must(SignIntegrationNote, Role.THERAPIST)
    course.wait(days=7)
    assert opened(course) == ["S1-safety_call", "S1-day_3", "S1-day_7"]


def test_long_term_after_the_last_session_of_the_series() -> None:
    course = at(Phase.INTEGRATION, cycle=2, protocol=short(2)).to_phase(Phase.FOLLOW_UP)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait(days=400)
    long_term = [(item.subject, item.due_at - drug) for item in work(course, WorkKind.HOLD_CHECKIN)][-4:]
    assert long_term == [(f"S2-day_{days:g}", timedelta(days=days)) for days in (30, 90, 180, 365)]
    assert not any(name.startswith("S1-day_30") for name in opened(course))


def test_a_series_that_goes_on_moves_the_long_term_ones() -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(1))
    course.must(ExtendSeries, Role.PHYSICIAN, sessions=1)
    course.until(lambda it: it.state.sessions_given == 2)
    ahead = [one.id for one in course.state.checkins.planned]
    assert "S2-day_30" in ahead
    assert "S1-day_30" not in ahead


def test_they_survive_a_withdrawn_consent_until_declined() -> None:
    course = withdrawn()
    course.wait(days=7)
    assert opened(course) == ["S1-safety_call", "S1-day_3", "S1-day_7"]
    course.must(DeclineSafetyContact, Role.PATIENT)
    assert (course.state.checkins.open, course.state.checkins.planned) == ((), ())
    assert work(course, WorkKind.HOLD_CHECKIN) == []
    assert course.state.checkins.declined_at == course.now


def test_another_dose_asks_again() -> None:
    course = at(Phase.APPROVAL, cycle=2, treatment=TreatmentRoute.STANDARD_KETAMINE)
    course.must(WithdrawConsent, Role.PATIENT)
    course.must(DeclineSafetyContact, Role.PATIENT)
    course.wait(hours=1)
    course.must(RecordConsent, Role.PATIENT)
    given = course.state.sessions_given
    course.until(lambda it: it.state.sessions_given > given)
    assert course.state.checkins.declined_at is None
    assert course.state.checkins.planned


def test_after_the_end_of_care_only_what_is_for_safety_remains() -> None:
    course = at(Phase.FOLLOW_UP, protocol=short(1))
    course.must(CompletePathway, Role.PHYSICIAN)
    assert course.phase is Phase.SAFETY_CONTACT
    safety = {kind for kind, rule in AFTER.items() if rule.safety}
    checkins = course.state.checkins
    assert {one.kind for one in checkins.planned} | {one.kind for one in checkins.open} <= safety
    course.to_phase(Phase.CLOSED)
    assert opened(course) == ["S1-safety_call", "S1-day_3"]


def test_declining_after_the_end_closes_the_pathway() -> None:
    course = at(Phase.INTEGRATION)
    course.must(DiscontinuePathway, Role.PATIENT)
    course.wait(days=30)
    assert {item.kind for item in course.state.work} == {
        WorkKind.HOLD_CHECKIN,
        WorkKind.CALL_PATIENT,
        WorkKind.DECIDE_WELFARE,
    }
    course.must(DeclineSafetyContact, Role.COORDINATOR)
    assert course.phase is Phase.CLOSED


def test_an_uneventful_course_answers_every_checkin() -> None:
    course = at(Phase.FOLLOW_UP)
    assert len(course.facts(CheckinRecorded)) == len(opened(course)) > course.state.sessions_given
    assert course.facts(CheckinMissed) == []
    assert list(asking(course.state)) == []


def test_the_status_tells_what_is_open_and_what_lies_ahead() -> None:
    course = open_day_3()
    course.must(RecordCheckin, Role.NURSE, outcome=NOT_REACHED, side_effects=None)
    checkins = status_of(course.state, course.now, 0, 0).checkins
    assert [(one.id, one.open, one.attempts) for one in checkins] == [
        ("S1-safety_call", True, 1),
        ("S1-day_3", True, 0),
        ("S1-day_7", False, 0),
    ]
    assert checkins[1].measures == DAY_3.measures


def test_the_patient_is_told_once_and_reminded_twice() -> None:
    course = after_dose(CALL_DUE + timedelta(hours=400))
    (call,) = [item for item in work(course, WorkKind.HOLD_CHECKIN) if item.subject == "S1-safety_call"]
    told = [entry for entry in course.log if isinstance(entry.fact, MessageRequested)]
    to_patient = [
        entry.recorded_at - call.due_at
        for entry in told
        if isinstance(entry.fact, MessageRequested)
        and (entry.fact.message.about, entry.fact.message.to_role) == (call.id, Role.PATIENT)
    ]
    ladder = packaged().ladder_of(WorkKind.HOLD_CHECKIN)
    assert to_patient == [CALL_OPENS - CALL_DUE, *(timedelta(hours=hours) for hours in ladder.steps_h)]


def test_whoever_declined_is_not_written_to() -> None:
    course = withdrawn()
    (message,) = [fact.message for fact in course.facts(MessageRequested) if fact.message.template == "checkin_due"]
    assert still_wanted(course.state, message, course.now)
    course.must(DeclineSafetyContact, Role.PATIENT)
    assert not still_wanted(course.state, message, course.now)
