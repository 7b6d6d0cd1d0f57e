"""What holds for every command: who may say it, with a reason where one is due, at a time and on a version that fit."""

from datetime import timedelta
from functools import cache
from itertools import product

import pytest

from schemas.actors import Role
from schemas.commands import ALL_COMMANDS, Command, RecordVitals, SignPreparationNote
from schemas.commands.base import Command as Base
from schemas.pathway import Phase
from schemas.refusals import Refusal
from tests.rules.refusing import Refused, each, holds
from tests.support.course import PHASES, Course, at
from tests.support.people import TEAM
from tests.support.protocols import packaged
from workflows.rules.decide import RULES, effective_at

PHYSICIAN, THERAPIST, NURSE = Role.PHYSICIAN, Role.THERAPIST, Role.NURSE
COORDINATOR, PATIENT = Role.COORDINATOR, Role.PATIENT

MAY = {
    "decide_merge": {COORDINATOR, PHYSICIAN},
    "review_repeated_referral": {COORDINATOR, PHYSICIAN},
    "accept_referral": {COORDINATOR, PHYSICIAN},
    "decline_referral": {COORDINATOR, PHYSICIAN},
    "record_credentials": {COORDINATOR},
    "change_care_team": {COORDINATOR, PHYSICIAN},
    "offer_therapist": {COORDINATOR},
    "answer_offer": {THERAPIST},
    "withdraw_offer": {COORDINATOR},
    "name_cover": {COORDINATOR, PHYSICIAN},
    "end_cover": {COORDINATOR, PHYSICIAN},
    "continue_series": {PHYSICIAN},
    "post_message": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "revise_message": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "acknowledge_message": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "remind_owner": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "request_help": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "transfer_work": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "answer_transfer": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "close_work": {COORDINATOR, PHYSICIAN},
    "record_health_history": {PHYSICIAN, THERAPIST, NURSE},
    "clear_condition": {PHYSICIAN},
    "record_medications": set(Role),
    "accept_medication": {PHYSICIAN},
    "stop_medication": set(Role),
    "record_labs": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "accept_lab": {PHYSICIAN},
    "record_weight": {PHYSICIAN, THERAPIST, NURSE},
    "decide_screening": {PHYSICIAN},
    "record_consent": set(Role),
    "withdraw_consent": set(Role),
    "acknowledge_withdrawal": {PHYSICIAN},
    "record_continuation": set(Role),
    "question_capacity": {PHYSICIAN, THERAPIST, NURSE},
    "note_capacity": {PHYSICIAN, THERAPIST, NURSE},
    "sign_preparation_note": {THERAPIST},
    "record_in_person_visit": {PHYSICIAN, NURSE},
    "record_whereabouts": set(Role),
    "record_rems_enrolment": {PHYSICIAN, NURSE, COORDINATOR},
    "file_rems_form": {PHYSICIAN, NURSE, COORDINATOR},
    "approve_dosing": {PHYSICIAN},
    "countersign_dosing": {PHYSICIAN},
    "confirm_condition": {PHYSICIAN, THERAPIST, NURSE},
    "confirm_pace": {THERAPIST},
    "review_spacing": {PHYSICIAN},
    "acknowledge_dose_plan": {THERAPIST, PATIENT},
    "record_follow_up": {PHYSICIAN},
    "revoke_approval": {PHYSICIAN},
    "release_supply": {PHYSICIAN},
    "count_supply": {PHYSICIAN, THERAPIST, NURSE, PATIENT},
    "review_supply": {PHYSICIAN},
    "schedule_session": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "cancel_session": set(Role),
    "confirm_appointment": {PATIENT},
    "record_day_checklist": {PHYSICIAN, THERAPIST, NURSE, PATIENT},
    "check_in": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "record_vitals": {PHYSICIAN, THERAPIST, NURSE},
    "decide_predose_vitals": {PHYSICIAN},
    "lift_hold": {PHYSICIAN},
    "acknowledge_hold": {THERAPIST},
    "record_administration": {PHYSICIAN, THERAPIST, NURSE},
    "record_unauthorised_administration": {PHYSICIAN, THERAPIST, NURSE},
    "end_infusion": {PHYSICIAN, THERAPIST, NURSE},
    "record_sitter_check": {PHYSICIAN, THERAPIST, NURSE},
    "report_contact_lost": {PHYSICIAN, THERAPIST, NURSE},
    "record_sitter_contact": {PHYSICIAN, THERAPIST, NURSE},
    "capture_insight": {THERAPIST, PATIENT},
    "record_debrief": {THERAPIST},
    "discharge_patient": {PHYSICIAN, THERAPIST, NURSE},
    "sign_integration_note": {THERAPIST},
    "record_no_show": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "declare_emergency": set(Role),
    "acknowledge_emergency": {PHYSICIAN, THERAPIST, NURSE},
    "close_emergency": {PHYSICIAN},
    "review_incident": {PHYSICIAN},
    "review_vitals_alarm": {PHYSICIAN},
    "record_adverse_event": {PHYSICIAN, THERAPIST, NURSE},
    "review_adverse_event": {PHYSICIAN},
    "decide_medwatch": {PHYSICIAN},
    "extend_series": {PHYSICIAN},
    "move_protocol": {PHYSICIAN},
    "record_measure": set(Role),
    "record_risk_contact": {PHYSICIAN, THERAPIST, NURSE},
    "clear_risk": {PHYSICIAN, THERAPIST, NURSE},
    "record_checkin": set(Role),
    "decide_welfare": {PHYSICIAN, THERAPIST, NURSE},
    "decline_safety_contact": set(Role),
    "choose_education": set(Role),
    "record_patient_contact": {PHYSICIAN, THERAPIST, NURSE, COORDINATOR},
    "complete_pathway": {PHYSICIAN},
    "discontinue_pathway": set(Role),
    "transfer_care": {PHYSICIAN},
    "record_death": {PHYSICIAN, COORDINATOR},
    "dismiss_cancellation": {COORDINATOR, PHYSICIAN},
}
"""Who may say what: a decision of the clinic, so it is written down here a second time."""

NEED_A_REASON = {
    "request_help",
    "transfer_work",
    "withdraw_offer",
    "record_unauthorised_administration",
    "record_credentials",
    "change_care_team",
    "name_cover",
    "end_cover",
    "continue_series",
    "close_work",
    "question_capacity",
    "review_supply",
    "declare_emergency",
    "close_emergency",
    "review_incident",
    "review_vitals_alarm",
    "review_adverse_event",
    "decide_medwatch",
    "countersign_dosing",
    "confirm_pace",
    "review_spacing",
    "confirm_condition",
    "clear_condition",
    "accept_medication",
    "accept_lab",
    "record_risk_contact",
    "clear_risk",
    "decide_welfare",
    "record_patient_contact",
    "decline_safety_contact",
    "decide_merge",
    "review_repeated_referral",
    "decline_referral",
    "decide_screening",
    "revoke_approval",
    "cancel_session",
    "decide_predose_vitals",
    "lift_hold",
    "extend_series",
    "move_protocol",
    "discontinue_pathway",
    "transfer_care",
    "record_death",
    "dismiss_cancellation",
}

MAY_BE_LATE = {
    "record_unauthorised_administration",
    "record_in_person_visit",
    "count_supply",
    "declare_emergency",
    "record_adverse_event",
    "record_weight",
    "record_measure",
    "record_risk_contact",
    "record_checkin",
    "sign_preparation_note",
    "check_in",
    "record_vitals",
    "record_administration",
    "end_infusion",
    "record_sitter_check",
    "capture_insight",
    "record_debrief",
    "discharge_patient",
    "sign_integration_note",
    "record_no_show",
}
"""Verbs that tell of something observed. No decision is among them: a decision counts from now."""

TOLERANCE = timedelta(seconds=packaged().future_tolerance_s.value)
SECOND = timedelta(seconds=1)


OPEN = list(PHASES)


@cache
def start(phase: Phase) -> Course:
    return at(phase)


def in_preparation() -> Course:
    return start(Phase.PREPARATION).fork()


def say(course: Course, command: type[Command], role: Role, **said: object) -> Refusal | None:
    """The refusal, if it is one; whatever it is about."""
    extra = {"care_team": TEAM} if command.verb == "accept_referral" else {}
    answer = course.do(command, role, **extra, **said)
    return answer if isinstance(answer, Refusal) else None


REFUSALS = [
    *(
        Refused(
            "role_not_allowed",
            "actor.role",
            f"{command.verb} by a {role}",
            lambda command=command, role=role: in_preparation().refused(command, role),  # type: ignore[misc]
        )
        for command in ALL_COMMANDS
        for role in Role
        if role not in MAY[command.verb]
    ),
    *(
        Refused(
            "reason_required",
            "reason",
            command.verb,
            lambda command=command: in_preparation().refused(command, min(command.by), reason=None),  # type: ignore[misc]
        )
        for command in ALL_COMMANDS
        if command.verb in NEED_A_REASON
    ),
    *(
        Refused(
            "observed_in_future",
            "observed_at",
            command.verb,
            lambda command=command: observed(command, TOLERANCE + timedelta(microseconds=1)),  # type: ignore[misc]
        )
        for command in ALL_COMMANDS
    ),
    *(
        Refused(
            "observed_before_opening",
            "observed_at",
            command.verb,
            lambda command=command: observed(command, timedelta(microseconds=-1)),  # type: ignore[misc]
        )
        for command in ALL_COMMANDS
    ),
    *(
        Refused(
            "stale_version",
            "expected_version",
            f"{off:+d}",
            lambda off=off: stale(off),  # type: ignore[misc]
        )
        for off in (-1, 1)
    ),
]


def observed(command: type[Command], off: timedelta) -> Refusal:
    course = in_preparation()
    return course.refused(command, min(command.by), observed_at=course.now + off)


def stale(off: int) -> Refusal:
    course = in_preparation()
    return course.refused(SignPreparationNote, THERAPIST, expected_version=course.state.version + off)


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_tables_know_every_verb() -> None:
    assert MAY.keys() == {command.verb for command in ALL_COMMANDS}
    assert {command.verb for command in ALL_COMMANDS if command.needs_reason} == NEED_A_REASON
    assert {command.verb for command in ALL_COMMANDS if command.may_be_late} == MAY_BE_LATE
    assert set(RULES) == set(ALL_COMMANDS) == set(Base.__subclasses__())


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda command: command.verb)
def test_role_decides_first(command: type[Command]) -> None:
    for phase, role in product(OPEN, Role):
        refusal = say(start(phase).fork(), command, role)
        refused_for_role = refusal is not None and refusal.code == "role_not_allowed"
        assert refused_for_role is (role not in MAY[command.verb]), (phase, role)
        if refusal is not None and refused_for_role:
            assert refusal.facts == {"allowed": ", ".join(sorted(MAY[command.verb]))}


@pytest.mark.parametrize("off", [TOLERANCE, SECOND, timedelta(0), -SECOND])
def test_times_up_to_the_tolerance_are_taken(off: timedelta) -> None:
    course = in_preparation()
    course.wait(hours=1)
    observed_at = course.now + off
    course.must(SignPreparationNote, THERAPIST, observed_at=observed_at)
    assert course.state.cycle.prepared_at == min(observed_at, course.now)


def test_the_version_that_was_seen_is_taken() -> None:
    course = in_preparation()
    course.must(SignPreparationNote, THERAPIST, expected_version=course.state.version)


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=lambda command: command.verb)
def test_a_decision_counts_from_now(command: type[Command]) -> None:
    course = Course()
    extra = {"care_team": TEAM} if command.verb == "accept_referral" else {}
    said = course.say(command, min(command.by), **extra, observed_at=course.now)
    later = course.now + timedelta(hours=1)
    assert effective_at(said, later) == (course.now if command.verb in MAY_BE_LATE else later)


def test_refusal_is_about_the_first_thing_that_is_wrong() -> None:
    course = in_preparation()
    wrong = {"observed_at": course.now + timedelta(days=1), "expected_version": 0}
    assert course.refused(RecordVitals, PATIENT, **wrong).code == "role_not_allowed"
    assert course.refused(RecordVitals, NURSE, **wrong).code == "observed_in_future"
