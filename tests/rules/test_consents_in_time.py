"""Consents in time: cooling off, the capacity to consent, renewal and expiry."""

from datetime import timedelta

import pytest

from schemas.actors import Role
from schemas.commands import (
    NoteCapacity,
    QuestionCapacity,
    RecordConsent,
    WithdrawConsent,
)
from schemas.facts import (
    ApprovalSuspended,
    CapacityNoted,
    ConsentExpired,
    ConsentRenewalDue,
)
from schemas.pathway import Phase
from schemas.treatment import ApprovalStatus
from schemas.work import WorkKind
from tests.rules.arrivals import (
    TICK,
    ready,
)
from tests.rules.consenting import (
    COOLING_OFF,
    RENEW,
    VALID,
    WINDOW,
    after_dose,
    drug_at,
    hurried,
    passes,
    said,
    withdrawn,
)
from tests.support.course import START, at
from tests.support.protocols import given, varied
from workflows.rules.consents.standing import missing_consents
from workflows.rules.gate import gate

# Cooling off


@pytest.mark.parametrize(("elapsed", "given_"), [(COOLING_OFF - TICK, False), (COOLING_OFF, True)])
def test_the_first_dose_waits_for_the_cooling_off(elapsed: timedelta, given_: bool) -> None:
    answer = hurried(elapsed)
    assert hasattr(answer, "facts")
    assert (getattr(answer, "code", None) is None) is given_


def test_a_later_dose_needs_no_cooling_off() -> None:
    course = at(Phase.PREPARATION, cycle=2)
    course.must(WithdrawConsent, Role.PATIENT)
    course.wait(hours=1)
    course.must(NoteCapacity, Role.PHYSICIAN)
    course.consent("treatment")
    assert passes(course, "cooling_off_over")


def test_the_gate_tells_when_the_cooling_off_ends() -> None:
    course = at(Phase.PREPARATION)
    (check,) = [check for check in gate(course.state, course.now) if check.name == "cooling_off_over"]
    assert (check.passed, check.facts) == (False, {"opens": (START + COOLING_OFF).isoformat()})


# Capacity


@pytest.mark.parametrize("elapsed", [WINDOW, WINDOW + TICK])
def test_signed_when_the_drug_has_left_it_counts(elapsed: timedelta) -> None:
    course = after_dose(elapsed).consent("recording")
    assert course.state.consents["recording"].is_active


def test_the_window_begins_with_the_dose() -> None:
    """A signature of before the session, told after it, is refused for the session; one of before the series is not."""
    course = ready()
    before = course.now - TICK
    course.go_on()
    course.to_phase(Phase.INTEGRATION)
    course.wait_until(drug_at(course) + WINDOW)
    answer = course.refused(RecordConsent, Role.PATIENT, **said("recording", signed_at=before))
    assert answer.code == "signed_during_session"


def test_a_doubt_suspends_until_a_note_and_the_approval_for_good() -> None:
    course = ready()
    course.must(QuestionCapacity, Role.THERAPIST)
    (suspended,) = course.facts(ApprovalSuspended)
    assert suspended.reasons == ("capacity_questioned",)
    assert not passes(course, "capacity_unquestioned")
    owed = {item.kind: item for item in course.state.work}
    assert owed[WorkKind.ASSESS_CAPACITY].owner_role is Role.PHYSICIAN
    course.must(NoteCapacity, Role.PHYSICIAN, has_capacity=False)
    assert not passes(course, "capacity_unquestioned")
    course.wait(days=3)
    assert not passes(course, "capacity_unquestioned"), "time settles nothing"
    course.must(NoteCapacity, Role.NURSE)
    assert passes(course, "capacity_unquestioned")
    assert WorkKind.ASSESS_CAPACITY not in {item.kind for item in course.state.work}
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    assert [note.has_capacity for note in course.facts(CapacityNoted)] == [False, True]


def test_a_note_that_denies_the_capacity_stops_a_return() -> None:
    course = withdrawn()
    course.must(NoteCapacity, Role.PHYSICIAN, has_capacity=False)
    assert course.refused(RecordConsent, Role.PATIENT).code == "capacity_questioned"


# Renewal and expiry


def test_a_renewal_is_asked_for_before_the_end_and_leaves_no_gap() -> None:
    course = at(Phase.PREPARATION)
    ends = START + VALID
    course.wait_until(ends - RENEW - TICK)
    assert course.facts(ConsentRenewalDue) == []
    course.wait_until(ends - RENEW)
    (due_,) = course.facts(ConsentRenewalDue)
    (item,) = [item for item in course.state.work if item.kind is WorkKind.RENEW_CONSENT]
    assert (due_.expires_at, item.due_at, item.subject) == (ends, ends, "treatment")
    course.consent("treatment")
    held = course.state.consents["treatment"]
    assert (held.signed_at, held.began_at) == (ends - RENEW, START)
    assert WorkKind.RENEW_CONSENT not in {item.kind for item in course.state.work}
    course.wait_until(ends)
    assert course.facts(ConsentExpired) == []


def test_an_approval_outlives_a_renewal_but_not_an_expiry() -> None:
    protocol = varied({"consents.valid_days": 20, "consents.renew_days_before": 15})
    course = at(Phase.SESSION, protocol=protocol)
    days = timedelta(days=1)
    course.wait_until(START + 5 * days)
    renewed = course.fork().consent("treatment")
    renewed.wait_until(START + 20 * days)
    assert given(renewed.state.approval).status is ApprovalStatus.IN_FORCE
    course.wait_until(START + 20 * days - TICK)
    assert given(course.state.approval).status is ApprovalStatus.IN_FORCE
    course.wait_until(START + 20 * days)
    assert given(course.state.approval).status is ApprovalStatus.SUSPENDED
    assert course.facts(ApprovalSuspended)[-1].reasons == ("consent_changed",)
    assert missing_consents(course.state) == ["treatment"]
    assert course.phase is Phase.CONSENT
    assert WorkKind.RECORD_CONSENT in {item.kind for item in course.state.work}
    course.consent("treatment")
    assert missing_consents(course.state) == [], "nothing was withdrawn, so no note is needed"
