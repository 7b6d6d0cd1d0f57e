"""What a pathway says about itself, to callers and to operators."""

import pytest

from schemas.actors import Role
from schemas.commands import RecordVitals, SignPreparationNote
from schemas.pathway import Phase
from tests.rules.arrivals import HIGH, booked, dosed, held, measured, ready, unapproved, withdrawn
from tests.support.course import PHASES, Course, at
from tests.support.people import PATHWAY_ID, TEAM
from workflows.rules.deadlines import due
from workflows.rules.standing import HELD_STEP, NEXT_STEP, OBSERVED_STEP
from workflows.rules.status import CALM, CANCELLATION, HELD, OVERDUE, attention, details_of, status_of, view_of


def cancelled() -> Course:
    course = held()
    course.cancel_by_operator()
    return course


def overdue() -> Course:
    course = at(Phase.SCREENING)
    course.wait_until(course.state.work[0].due_at)
    return course


@pytest.mark.parametrize("phase", [*PHASES, Phase.CLOSED])
def test_status_and_view_agree_with_the_state(phase: Phase) -> None:
    course = at(phase)
    state = course.state
    status, view = status_of(state, course.now, unwritten=3, unsent=1), view_of(state)
    assert status.phase is view.phase is phase
    assert (status.version, status.work, status.closure) == (state.version, state.work, state.closure)
    assert (status.unwritten_events, status.unsent_messages, status.now) == (3, 1, course.now)
    assert status.next_step == NEXT_STEP[phase]
    assert (status.sessions_given, status.sessions_planned) == (view.sessions_given, view.sessions_planned)
    ahead = due(state)
    assert status.due == tuple(ahead)
    assert view.next_due_at == (ahead[0].at if ahead else None)


@pytest.mark.parametrize(
    ("situation", "allowed", "codes"),
    [
        (ready, True, set()),
        (booked, False, {"not_checked_in", "plan_not_acknowledged", "prepared_too_late"}),
        (withdrawn, False, {"consent_missing", "approval_suspended", "preparation_missing", "not_checked_in"}),
        (unapproved, False, {"approval_missing", "checklist_missing"}),
        (measured(HIGH), False, {"blood_pressure_repeat"}),
        (held, False, {"medical_hold", "checklist_missing"}),
    ],
)
def test_why_the_next_dose_is_or_is_not_allowed(situation: object, allowed: bool, codes: set[str]) -> None:
    course = situation()  # type: ignore[operator]
    status = status_of(course.state, course.now, 0, 0)
    assert status.dose_allowed is allowed
    assert {check.code for check in status.checks if not check.passed} == codes
    assert all((check.code is None) is check.passed for check in status.checks)


def test_closed_pathway_allows_no_dose() -> None:
    course = at(Phase.CLOSED)
    assert not status_of(course.state, course.now, 0, 0).dose_allowed


def test_next_step_while_held_and_while_drug_acts() -> None:
    for course, step in ((held(), HELD_STEP), (dosed(), OBSERVED_STEP)):
        assert status_of(course.state, course.now, 0, 0).next_step == step


@pytest.mark.parametrize(
    ("situation", "reason"), [(ready, CALM), (held, HELD), (overdue, OVERDUE), (cancelled, CANCELLATION)]
)
def test_attention(situation: object, reason: str) -> None:
    course = situation()  # type: ignore[operator]
    assert attention(course.state) == reason


def test_operators_page_is_readable_and_names_nobody() -> None:
    course = at(Phase.PREPARATION)
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("Canary intention.",), goals=("Canary goal.",))
    course.until(lambda it: it.state.sessions_given == 1)
    course.must(RecordVitals, Role.NURSE)
    page = details_of(course.state)
    assert page.startswith("**Session**, cycle 1, 1 of 6 sessions held")
    assert "| discharge patient | therapist |" in page
    assert OBSERVED_STEP in page
    private = ["anary", PATHWAY_ID, TEAM.physician_id, "th-fern", TEAM.coordinator_id, "200", "mg", "e-1"]
    assert [word for word in private if word in page] == []


def test_operators_page_tells_of_hold_and_cancellation() -> None:
    page = details_of(cancelled().state)
    assert "**On hold** until a physician decides." in page
    assert "**Cancellation requested.**" in page
