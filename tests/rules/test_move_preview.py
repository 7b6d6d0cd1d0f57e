"""The dry run of a move says what it would lead to, and records nothing."""

from datetime import timedelta

from schemas.actors import Role
from schemas.commands import MoveProtocol
from schemas.moving import MovePreview
from schemas.pathway import Phase
from schemas.protocol import Protocol
from schemas.work import WorkKind
from tests.rules import arrivals as a
from tests.rules.test_moving import newer
from tests.support.course import Course, at
from tests.support.protocols import packaged, varied
from workflows.rules.move_preview import preview

HOUR = timedelta(hours=1)


def previewed(course: Course, protocol: Protocol) -> MovePreview:
    before = course.state
    command = course.say(MoveProtocol, Role.PHYSICIAN, protocol=protocol)
    assert isinstance(command, MoveProtocol)
    answer = preview(course.state, command, course.now)
    assert course.state is before
    return answer


def test_what_is_refused_says_why_and_nothing_else() -> None:
    answer = previewed(a.dosed(), newer())
    assert answer.refusal is not None
    assert answer.refusal.code == "session_in_progress"
    assert answer.phase_after is None


def test_a_version_with_the_same_numbers_suspends_the_approval_alone() -> None:
    answer = previewed(at(Phase.SESSION), newer())
    assert (answer.phase_before, answer.phase_after) == (Phase.SESSION, Phase.APPROVAL)
    assert answer.approval_suspended == ("protocol_moved",)
    flipped = {change.name for change in answer.checks}
    assert flipped == {"approval_unsuspended", "approval_protocol"}
    assert all(change.before is not None and change.before.passed for change in answer.checks)
    assert [item.kind for item in answer.work_opened if item.kind is WorkKind.REVIEW_SUSPENDED_APPROVAL]
    assert answer.values == ()
    assert answer.unsigned


def test_a_signed_version_needs_no_permission() -> None:
    signature = {"signed_by": "Dr. Fable", "signed_on": "2027-01-01"}
    answer = previewed(at(Phase.PREPARATION), newer({"signature": signature}))
    assert not answer.unsigned
    assert answer.approval_suspended == ()


def test_consents_that_would_be_needed_and_spared() -> None:
    two = {"consents.kinds.telehealth.needed": "everybody"}
    answer = previewed(at(Phase.SESSION), newer(two))
    assert answer.consents_needed == ("telehealth",)
    assert answer.phase_after is Phase.CONSENT
    course = at(Phase.CONSENT, protocol=varied(two))
    assert previewed(course, newer()).consents_spared == ("telehealth",)


def test_tests_that_would_be_good_for_another_time() -> None:
    course = at(Phase.PREPARATION)
    rules = packaged().eligibility
    assert rules is not None
    answer = previewed(course, newer({"eligibility.labs.liver_function.valid_days_first_dose": 90}))
    (lab,) = answer.labs
    assert lab.what == "liver_function"
    assert lab.before is not None
    assert lab.after is not None
    assert lab.before - lab.after == timedelta(days=90)
    assert [one.what for one in answer.deadlines] == ["screening_lapses"]
    assert [one.path for one in answer.values] == ["eligibility.labs.liver_function.valid_days_first_dose"]


def test_deadlines_that_would_move_come_and_go() -> None:
    answer = previewed(at(Phase.INTEGRATION), newer({"integration.window_closes_h": 96}))
    (window,) = [one for one in answer.deadlines if one.what == "integration_window_closes"]
    assert window.before is not None
    assert window.after == window.before + 24 * HOUR


def test_what_would_be_late_at_once_is_told() -> None:
    course = at(Phase.INTEGRATION)
    course.wait(hours=60)
    answer = previewed(course, newer({"integration.window_closes_h": 48}))
    assert WorkKind.FOLLOW_UP_OVERDUE_INTEGRATION in {item.kind for item in answer.work_opened}
    (window,) = [one for one in answer.deadlines if one.what == "integration_window_closes"]
    assert window.after is None


def test_values_are_told_where_they_concern_the_patient() -> None:
    changes = {
        "series.sessions": 8,
        "vitals.predose.clinic.go.systolic": 130,
        "vitals.predose.home.go.systolic": 135,
        "routes.sublingual.observation_min": 150,
        "routes.intranasal.observation_min": 150,
        "treatments.psycholytic.max_session_mg": 110,
        "regulation.states.GA.home": "blocked",
        "medications.classes.benzodiazepine.hold_hours": 48,
        "work.hold_session.due_h": 5,
    }
    answer = previewed(at(Phase.SESSION), newer(changes))
    told = {one.path: (one.before, one.after) for one in answer.values}
    assert told == {
        "series.sessions": ("6 sessions", "8 sessions"),
        "vitals.predose.clinic.go.systolic": ("140 mmHg", "130 mmHg"),
        "routes.sublingual.observation_min": ("120 min", "150 min"),
        "work.hold_session.due_h": ("4 h", "5 h"),
    }
    assert answer.other_values == 5


def test_messages_that_would_go_out() -> None:
    answer = previewed(a.booked(), newer())
    assert {(one.template.value, one.to_role) for one in answer.messages} >= {("on_hold", Role.PATIENT)}


def test_the_dry_run_and_the_move_agree() -> None:
    course = at(Phase.SESSION, cycle=2)
    protocol = newer({"series.min_hours_between_doses": 200, "series.max_sessions_per_week": 1})
    answer = previewed(course, protocol)
    before = {item.id for item in course.state.work}
    course.must(MoveProtocol, Role.PHYSICIAN, protocol=protocol)
    course.lapse()
    assert tuple(item for item in course.state.work if item.id not in before) == answer.work_opened
    assert course.phase is answer.phase_after
