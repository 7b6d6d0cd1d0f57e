"""Preparation, and what every step of the series stands on."""

from datetime import timedelta

import pytest

from schemas.actors import Role
from schemas.commands import ApproveDosing, Command, ScheduleSession, SignPreparationNote, WithdrawConsent
from schemas.facts import PreparationNoteSigned
from schemas.pathway import Phase
from schemas.work import WorkKind
from tests.rules.refusing import Refused, each, holds, saying
from tests.support.course import Course, at
from tests.support.protocols import short

IN_SERIES: list[tuple[type[Command], Role]] = [
    (SignPreparationNote, Role.THERAPIST),
    (ApproveDosing, Role.PHYSICIAN),
    (ScheduleSession, Role.COORDINATOR),
]
"""Verbs that need a patient who is eligible and has consented, and a series that goes on."""


def unscreened() -> Course:
    return at(Phase.SCREENING)


def unconsented() -> Course:
    return at(Phase.CONSENT)


def finished() -> Course:
    return at(Phase.FOLLOW_UP, protocol=short(1))


REFUSALS = [
    *(
        Refused(code, None, command.verb, saying(situation, command, role))
        for command, role in IN_SERIES
        for code, situation in (
            ("not_screened", unscreened),
            ("consent_missing", unconsented),
            ("series_finished", finished),
        )
    ),
    Refused(
        "already_prepared",
        None,
        "a second note",
        lambda: at(Phase.APPROVAL).refused(SignPreparationNote, Role.THERAPIST),
    ),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_note_is_signed_once_a_cycle() -> None:
    course = at(Phase.PREPARATION)
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("To listen.",), goals=("Sleep.",))
    (note,) = course.facts(PreparationNoteSigned)
    assert (note.cycle, note.intentions, note.goals) == (1, ("To listen.",), ("Sleep.",))
    assert course.state.cycle.prepared_at == course.now
    course.to_phase(Phase.PREPARATION, cycle=2)
    assert course.state.cycle.prepared_at is None
    course.must(SignPreparationNote, Role.THERAPIST)
    assert [note.cycle for note in course.facts(PreparationNoteSigned)] == [1, 2]


def test_note_may_be_written_later_than_the_visit() -> None:
    course = at(Phase.PREPARATION)
    visit = course.now + timedelta(hours=1)
    course.wait(hours=5)
    course.must(SignPreparationNote, Role.THERAPIST, observed_at=visit)
    assert course.state.cycle.prepared_at == visit


@pytest.mark.parametrize("days", [1, 30, 300])
def test_time_alone_prepares_nobody(days: float) -> None:
    course = at(Phase.PREPARATION)
    course.wait(days=days)
    assert course.phase is Phase.PREPARATION
    assert [item.kind for item in course.state.work if item.kind is not WorkKind.RECORD_LABS] == [
        WorkKind.SIGN_PREPARATION_NOTE
    ]


def test_withdrawn_consent_stops_the_series_before_and_after_preparation() -> None:
    course = at(Phase.APPROVAL)
    course.must(WithdrawConsent, Role.PATIENT)
    assert course.refused(ApproveDosing, Role.PHYSICIAN).facts == {"missing": "treatment"}
    assert course.phase is Phase.CONSENT
