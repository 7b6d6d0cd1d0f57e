"""The integration visit: its window, a missed one, and the next cycle."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from clients.scenarios.next_right import all_kept
from schemas.actors import Role
from schemas.commands import DischargePatient, RecordVitals, SignIntegrationNote
from schemas.facts import IntegrationBecameOverdue, IntegrationNoteSigned
from schemas.integration import NewPlanItem, PlanKind, PlanOutcome, PlanResult
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, TICK, dosed, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import packaged, short
from workflows.rules.status import status_of

WINDOW = packaged().integration
OPENS = timedelta(hours=WINDOW.window_opens_h.value)
CLOSES = timedelta(hours=WINDOW.window_closes_h.value)
HARD = timedelta(days=WINDOW.hard_limit_days.value)


def after_dose(elapsed: timedelta) -> Course:
    """Some time after the last drug; the patient was discharged in time."""
    course = at(Phase.INTEGRATION)
    drug = course.state.last_drug_at
    assert drug is not None
    course.wait_until(drug + elapsed)
    return course


def discharged_late() -> Course:
    """The observation went on into the second day."""
    course = dosed()
    course.wait_until(course.now + OPENS + timedelta(hours=2))
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    course.must(DischargePatient, Role.NURSE, missing_readings_reason="Asleep.")
    return course


def held_at(course: Course, ago: timedelta) -> Any:
    return course.refused(SignIntegrationNote, Role.THERAPIST, held_at=course.now - ago)


def note(course: Course, **fields: Any) -> Refusal:
    return course.refused(SignIntegrationNote, Role.THERAPIST, **fields)


def planned() -> Course:
    """Integrated, with one item of the plan, P1."""
    return at(Phase.PREPARATION, cycle=2)


def again() -> Course:
    """The second session waits for its visit, which asks about P1."""
    course = at(Phase.INTEGRATION, cycle=2)
    course.wait(days=2)
    return course


def outcome(item_id: str, result: PlanResult = PlanResult.KEPT, word: str | None = None) -> PlanOutcome:
    return PlanOutcome(item_id=item_id, result=result, word=word)


REFUSALS = [
    *(
        Refused(
            "no_session_to_integrate",
            None,
            what,
            saying(situation, SignIntegrationNote, Role.THERAPIST),
        )
        for what, situation in (
            ("no session", partial(at, Phase.SESSION)),
            ("no drug given", ready),
            ("not discharged", dosed),
            ("integrated before", partial(at, Phase.PREPARATION, cycle=2)),
        )
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "an instant before the window",
        lambda: after_dose(OPENS - TICK).refused(SignIntegrationNote, Role.THERAPIST),
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "recorded in the window, held before it",
        lambda: held_at(after_dose(CLOSES), CLOSES - OPENS + TICK),
    ),
    Refused(
        "integration_too_early",
        "held_at",
        "held before the discharge",
        lambda: held_at(discharged_late(), timedelta(hours=1)),
    ),
    Refused("held_in_future", "held_at", "held in an instant", lambda: held_at(after_dose(OPENS), -TICK)),
    Refused("no_session_to_integrate", "further", "further than none", lambda: note(after_dose(OPENS), further=True)),
    Refused(
        "no_session_to_integrate",
        "further",
        "further while the next drug acts",
        lambda: note(Course().until(lambda it: it.state.sessions_given == 2), further=True),
    ),
    Refused("visit_recorded_before", "held_at", "the same visit twice", lambda: note(planned(), further=True)),
    Refused("plan_items_unanswered", "outcomes", "nothing about the plan", lambda: note(again(), outcomes=())),
    Refused(
        "plan_item_not_open",
        "outcomes.1.item_id",
        "one item twice",
        lambda: note(again(), outcomes=(*all_kept(again().state), outcome("P1"))),
    ),
    Refused("plan_item_not_open", "outcomes.0.item_id", "unknown", lambda: note(again(), outcomes=(outcome("P9"),))),
    Refused(
        "word_missing",
        "outcomes.0.word",
        "dropped without a word",
        lambda: note(again(), outcomes=(outcome("P1", PlanResult.DROPPED),)),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


@pytest.mark.parametrize(
    ("elapsed", "late"),
    [(OPENS, False), (CLOSES - TICK, False), (CLOSES, False), (CLOSES + TICK, True), (HARD + OPENS, True)],
)
def test_note_ends_the_cycle_in_time_or_late(elapsed: timedelta, late: bool) -> None:
    course = after_dose(elapsed)
    course.must(SignIntegrationNote, Role.THERAPIST)
    (note,) = course.facts(IntegrationNoteSigned)
    assert (note.cycle, note.held_at, note.late) == (1, course.now, late)
    assert (course.phase, course.state.cycle.number) == (Phase.PREPARATION, 2)
    assert course.state.last_integration_at == course.now


def test_note_may_be_written_after_the_window_about_a_visit_in_it() -> None:
    course = after_dose(CLOSES + timedelta(days=1))
    course.must(SignIntegrationNote, Role.THERAPIST, held_at=course.now - timedelta(days=1))
    (note,) = course.facts(IntegrationNoteSigned)
    assert not note.late
    assert course.state.last_integration_at == course.now - timedelta(days=1)


@pytest.mark.parametrize(("off", "overdue"), [(-TICK, False), (timedelta(0), True)])
def test_window_closes_with_a_follow_up_and_completes_nothing(off: timedelta, overdue: bool) -> None:
    course = after_dose(CLOSES + off)
    assert course.state.cycle.integration_overdue is overdue
    assert len(course.facts(IntegrationBecameOverdue)) == int(overdue)
    owed = {item.kind for item in course.state.work}
    assert WorkKind.HOLD_INTEGRATION_VISIT in owed
    assert (WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION in owed) is overdue
    assert course.phase is Phase.INTEGRATION


def test_s07_missed_visit_stays_owed_until_it_is_held() -> None:
    course = after_dose(CLOSES)
    (visit,) = [item for item in course.state.work if item.kind is WorkKind.HOLD_INTEGRATION_VISIT]
    assert (visit.due_at, visit.hard_limit) == (course.now, course.now - CLOSES + HARD)
    course.wait(days=60)
    assert course.phase is Phase.INTEGRATION
    assert len(course.facts(IntegrationBecameOverdue)) == 1
    course.must(SignIntegrationNote, Role.THERAPIST)
    owed = {item.kind for item in course.state.work}
    assert WorkKind.SIGN_PREPARATION_NOTE in owed
    assert not owed & {WorkKind.HOLD_INTEGRATION_VISIT, WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION}


def test_last_visit_of_the_series_leads_to_the_outcome() -> None:
    course = at(Phase.INTEGRATION, protocol=short(1)).to_phase(Phase.FOLLOW_UP)
    assert course.phase is Phase.FOLLOW_UP
    assert [item.kind for item in course.state.work] == [WorkKind.RECORD_OUTCOME]


@pytest.mark.parametrize("result", list(PlanResult))
def test_the_plan_is_carried_from_visit_to_visit(result: PlanResult) -> None:
    course = again()
    (before,) = course.state.integration.plan
    assert (before.id, before.kind, before.since_cycle) == ("P1", PlanKind.COPING_STRATEGY, 1)
    assert note(course).facts == {"items": "P1"}
    belief = NewPlanItem(kind=PlanKind.BELIEF, text="I may rest.")
    outcomes = (outcome("P1", result, "It fits no more."),)
    course.must(SignIntegrationNote, Role.THERAPIST, outcomes=outcomes, coping_strategies=(), new_items=(belief,))
    kept = ["P1"] if result is PlanResult.KEPT else []
    assert [item.id for item in course.state.integration.plan] == [*kept, "P2"]
    assert status_of(course.state, course.now, 0, 0).plan == course.state.integration.plan
    assert course.facts(IntegrationNoteSigned)[-1].outcomes == outcomes


def test_an_old_protocol_carries_no_plan() -> None:
    rules = packaged().integration.model_copy(update={"plan_followed_up": False})
    course = at(Phase.INTEGRATION, cycle=2, protocol=packaged().model_copy(update={"integration": rules}))
    course.wait(days=2)
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert course.state.integration.plan == ()
    assert course.facts(IntegrationNoteSigned)[-1].coping_strategies


def test_a_further_visit_has_a_note_of_its_own_and_leaves_the_cycle() -> None:
    course = planned()
    gap_from = course.state.last_integration_at
    course.wait(days=1)
    course.must(SignIntegrationNote, Role.THERAPIST, further=True, outcomes=all_kept(course.state))
    further = course.facts(IntegrationNoteSigned)[-1]
    assert (further.cycle, further.visit, further.late) == (1, 2, False)
    assert (course.phase, course.state.cycle.number) == (Phase.PREPARATION, 2)
    assert (course.state.integration.visits, course.state.last_integration_at) == (2, gap_from)
    course.to_phase(Phase.PREPARATION, cycle=3)
    assert course.facts(IntegrationNoteSigned)[-1].visit == 1


def test_a_late_visit_is_seen_until_the_next_dose() -> None:
    course = after_dose(CLOSES + TICK)
    course.must(SignIntegrationNote, Role.THERAPIST)
    assert status_of(course.state, course.now, 0, 0).cautions == ("late_integration",)
    course.until(lambda it: it.state.sessions_given == 2)
    assert status_of(course.state, course.now, 0, 0).cautions == ()
