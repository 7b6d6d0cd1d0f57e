"""Who has a place in the care team, who stands in, who has left; and what a change asks for before the next dose."""

from datetime import UTC, datetime, timedelta

import pytest

from clients.scenarios.next_right import an_approval
from schemas.actors import Actor, CareTeam, Role, Seat
from schemas.commands import (
    AcceptReferral,
    ApproveDosing,
    ChangeCareTeam,
    CheckIn,
    ContinueSeries,
    DeclareEmergency,
    DiscontinuePathway,
    EndCover,
    LiftHold,
    NameCover,
    RecordVitals,
    ReleaseSupply,
    ScheduleSession,
    SignIntegrationNote,
    SignPreparationNote,
)
from schemas.facts import (
    CareTeamChanged,
    CoverBegan,
    CoverEnded,
    DrugAdministered,
    MessageRequested,
    SeriesContinued,
    VitalsRecorded,
    WorkItemReassigned,
)
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.team import TeamChangeCause
from schemas.treatment import Setting, TreatmentRoute
from schemas.work import WorkKind
from tests.rules.arrivals import CALM, MINUTE, PREPARED, TICK, approval_of, discharged, dosed, ready
from tests.rules.refusing import Refused, each, holds, saying
from tests.rules.staffing import (
    BIRCH,
    FERN,
    SAGE,
    THYME,
    another_physician,
    another_therapist,
    change,
    covered,
    dosing,
    named,
    no_therapist,
    owed,
    replaced,
    unmet,
    verified,
)
from tests.support.course import Course, at
from tests.support.people import TEAM, an_enrolment
from tests.support.protocols import given, packaged

WEEK = timedelta(days=7)
ELM = Actor(id="th-elm", role=Role.THERAPIST)


def prepared_anew() -> Course:
    """The new therapist has prepared the patient, and no physician has said that the series goes on."""
    course = replaced()
    course.must(SignPreparationNote, Role.THERAPIST)
    return course


def arrived(course: Course) -> Course:
    course.wait_until(course.now + PREPARED)
    course.must(ScheduleSession, Role.COORDINATOR, starts_at=course.now + MINUTE)
    course.must(CheckIn, Role.NURSE)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return course


def continued(course: Course) -> Course:
    course.must(ContinueSeries, Role.PHYSICIAN)
    return course


def in_the_middle() -> Refusal:
    """The therapist changed between the dose and its booster."""
    course = continued(another_therapist(dosed()))
    course.wait(minutes=given(packaged().booster).opens_min.value)
    course.must(RecordVitals, Role.NURSE, vitals=CALM)
    return dosing(course)


def without_a_therapist() -> Course:
    course = no_therapist()
    course.wait_until(course.session.starts_at)
    return course


def prepared_before() -> Refusal:
    course = at(Phase.SESSION)
    course.wait(days=1)
    another_therapist(course)
    return course.refused(SignPreparationNote, Role.THERAPIST, observed_at=course.now - TICK)


def over() -> Refusal:
    course = ready()
    return course.refused(NameCover, Role.COORDINATOR, ends_at=course.now)


def sent_home() -> Refusal:
    course = another_therapist(at(Phase.SESSION, setting=Setting.HOME))
    course.must(SignPreparationNote, Role.THERAPIST)
    return course.refused(ReleaseSupply, Role.PHYSICIAN, approval_id=approval_of(course).id, doses=1)


A_PRACTICE = {"seat": Seat.PHYSICIAN, "leaver_id": SAGE.id, "successor_id": THYME.id, "practice_id": "pr-1"}

REFUSALS = [
    Refused("therapist_missing", None, "a check-in", saying(without_a_therapist, CheckIn, Role.NURSE)),
    Refused("left_the_team", "actor.id", "to decide", saying(another_physician, LiftHold, Role.PHYSICIAN, actor=SAGE)),
    Refused(
        "left_the_team", "actor.id", "to end", saying(another_therapist, DiscontinuePathway, Role.THERAPIST, actor=FERN)
    ),
    Refused(
        "left_the_team",
        "actor.id",
        "observed after leaving",
        saying(another_therapist, RecordVitals, Role.THERAPIST, actor=FERN, vitals=CALM),
    ),
    Refused(
        "not_the_new_therapist",
        "actor.id",
        "prepared by somebody else",
        saying(replaced, SignPreparationNote, Role.THERAPIST, actor=ELM),
    ),
    Refused("prepared_before_change", "observed_at", "before the change", prepared_before),
    Refused("new_preparation_missing", None, "a booster", in_the_middle),
    Refused("series_not_continued", None, "a dose", lambda: dosing(arrived(prepared_anew()))),
    Refused("supply_on_hold", None, "a release", sent_home),
    Refused("no_change_to_decide_on", None, "no change", saying(ready, ContinueSeries, Role.PHYSICIAN)),
    Refused(
        "no_change_to_decide_on", None, "twice", lambda: continued(replaced()).refused(ContinueSeries, Role.PHYSICIAN)
    ),
    Refused("referral_not_accepted", None, "no team", saying(Course, ChangeCareTeam, Role.COORDINATOR)),
    Refused("not_in_this_seat", "leaver_id", "a late click", saying(replaced, ChangeCareTeam, Role.COORDINATOR)),
    Refused(
        "not_in_this_seat", "leaver_id", "not empty", saying(ready, ChangeCareTeam, Role.COORDINATOR, leaver_id=None)
    ),
    Refused(
        "already_in_this_seat",
        "successor_id",
        "the same person",
        saying(ready, ChangeCareTeam, Role.COORDINATOR, successor_id=FERN.id),
    ),
    Refused(
        "already_in_this_seat",
        "successor_id",
        "nobody for nobody",
        saying(ready, ChangeCareTeam, Role.COORDINATOR, seat=Seat.ON_CALL, leaver_id=None, successor_id=None),
    ),
    *(
        Refused(
            "successor_missing",
            "successor_id",
            f"no {seat}",
            saying(ready, ChangeCareTeam, Role.COORDINATOR, seat=seat, leaver_id=leaver, successor_id=None),
        )
        for seat, leaver in ((Seat.PHYSICIAN, SAGE.id), (Seat.COORDINATOR, "co-moss"))
    ),
    Refused(
        "practice_not_a_therapists",
        "practice_id",
        "a physician's",
        saying(ready, ChangeCareTeam, Role.COORDINATOR, **A_PRACTICE),
    ),
    Refused("seat_not_covered", "seat", "a sitter", saying(ready, NameCover, Role.COORDINATOR, seat=Seat.SITTER)),
    Refused(
        "already_in_this_seat", "person_id", "oneself", saying(ready, NameCover, Role.COORDINATOR, person_id=SAGE.id)
    ),
    Refused(
        "person_has_left",
        "person_id",
        "who left",
        saying(another_physician, NameCover, Role.COORDINATOR, person_id=SAGE.id),
    ),
    Refused("cover_over", "ends_at", "over at once", over),
    Refused("cover_overlaps", "starts_at", "two at once", saying(covered, NameCover, Role.COORDINATOR)),
    Refused("no_cover", "seat", "nobody stands in", saying(ready, EndCover, Role.COORDINATOR)),
]


@each(REFUSALS)
def test_refused(case: Refused) -> None:
    holds(case)


def test_open_work_goes_over_and_stays_the_same_work() -> None:
    course = at(Phase.PREPARATION)
    (before,) = owed(course, WorkKind.SIGN_PREPARATION_NOTE)
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id)
    (after,) = owed(course, WorkKind.SIGN_PREPARATION_NOTE)
    assert after == before.model_copy(update={"owner_id": BIRCH.id})
    (moved,) = course.facts(WorkItemReassigned)
    assert (moved.item, moved.from_id) == (after, FERN.id)


def test_a_physicians_open_approval_goes_over_with_word_to_the_successor() -> None:
    course = at(Phase.APPROVAL)
    change(course, Seat.PHYSICIAN, SAGE.id, THYME.id)
    (item,) = owed(course, WorkKind.APPROVE_DOSING)
    assert item.owner_id == THYME.id
    told = [m.message.to_id for m in course.facts(MessageRequested) if m.message.about == item.id]
    assert told == [SAGE.id, THYME.id]


def test_an_empty_place_is_filled_by_the_coordinator() -> None:
    course = no_therapist()
    assert "therapist_assigned" in unmet(course)
    (item,) = owed(course, WorkKind.ASSIGN_THERAPIST)
    assert (item.owner_id, item.due_at - item.opened_at) == ("co-moss", timedelta(hours=24))
    (note,) = owed(course, WorkKind.SIGN_PREPARATION_NOTE)
    assert (note.owner_role, note.owner_id) == (Role.THERAPIST, None)
    course.wait(hours=24)
    assert item.id in {one.id for one in course.state.work}, "time assigns nobody"
    change(course, Seat.THERAPIST, None, BIRCH.id)
    assert owed(course, WorkKind.ASSIGN_THERAPIST) == []
    (note,) = owed(course, WorkKind.SIGN_PREPARATION_NOTE)
    assert note.owner_id == BIRCH.id
    assert "therapist_assigned" not in unmet(course)


def test_a_therapist_is_replaced_in_the_middle_of_the_series() -> None:
    """Dated: after two sessions, and prepared and approved for the third, Fern leaves on Friday 12 February 2027."""
    course = Course(now=datetime(2027, 1, 11, 15, 0, tzinfo=UTC)).to_phase(Phase.SESSION, cycle=3)
    course.until(lambda it: it.state.cycle.session is not None and not unmet(it) - CHECKED_ON_ARRIVAL)
    left_at = datetime(2027, 2, 12, 17, 0, tzinfo=UTC)
    course.now = max(course.now, left_at)
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id)
    assert (course.phase, course.state.sessions_given) == (Phase.PREPARATION, 2)
    assert {"prepared", "prepared_by_new_therapist", "series_continued", "therapist_licensed"} <= unmet(course)
    assert [item.owner_id for item in owed(course, WorkKind.SIGN_PREPARATION_NOTE)] == [BIRCH.id]
    assert [item.owner_id for item in owed(course, WorkKind.CONTINUE_SERIES)] == [SAGE.id]
    assert [item.subject for item in owed(course, WorkKind.VERIFY_CREDENTIALS)] == ["therapist"]
    verified(course, BIRCH)
    course.must(SignPreparationNote, Role.THERAPIST, actor=BIRCH)
    assert "series_continued" in unmet(course)
    assert "prepared_by_new_therapist" not in unmet(course)
    before = course.now
    course.wait(hours=3)
    continued(course)
    assert "series_continued" in unmet(course, before), "a decision does not count for the time before it"
    assert unmet(course) <= CHECKED_ON_ARRIVAL
    assert owed(course, WorkKind.CONTINUE_SERIES) == []
    course.until(lambda it: it.state.sessions_given == 3)
    assert [event.fact.cause for event in course.log if isinstance(event.fact, CareTeamChanged)] == ["departure"]


CHECKED_ON_ARRIVAL = {"checked_in", "vitals_present", "plan_read_by_therapist", "plan_read_by_patient", "interval_kept"}


@pytest.mark.parametrize("phase", [Phase.SCREENING, Phase.CONSENT, Phase.PREPARATION])
def test_nothing_is_decided_anew_where_nothing_rests_on_the_one_who_leaves(phase: Phase) -> None:
    course = another_therapist(at(phase))
    assert course.state.staffing.handover is None
    course.until(lambda it: it.state.sessions_given == 1)
    assert course.facts(SeriesContinued) == []


def test_another_physician_approves_anew_and_continues() -> None:
    course = another_physician()
    assert approval_of(course).suspended_for == ("prescriber_left",)
    assert {"approval_unsuspended", "series_continued"} <= unmet(course)
    assert not {"prepared", "prepared_by_new_therapist"} & unmet(course)
    continued(course)
    course.until(lambda it: it.state.sessions_given == 1)
    assert course.facts(DrugAdministered)[0].dose.approval_id == "A2"
    assert approval_of(course).approved_by == THYME.id


def test_a_physician_who_changes_while_the_new_therapist_prepares_changes_nothing_about_that() -> None:
    course = another_physician(replaced())
    assert {"prepared_by_new_therapist", "series_continued"} <= unmet(course)
    course.must(SignPreparationNote, Role.THERAPIST)
    assert "prepared_by_new_therapist" not in unmet(course)


def test_after_the_session_the_next_preparation_is_the_new_therapists() -> None:
    course = another_therapist(at(Phase.INTEGRATION))
    course.to_phase(Phase.PREPARATION, cycle=2)
    elm = course.refused(SignPreparationNote, Role.THERAPIST, actor=ELM)
    assert elm.code == "not_the_new_therapist"
    course.until(lambda it: it.state.sessions_given == 2)


def test_a_second_change_is_decided_on_anew() -> None:
    course = continued(prepared_anew())
    change(course, Seat.THERAPIST, BIRCH.id, ELM.id)
    assert {"prepared", "prepared_by_new_therapist", "series_continued"} <= unmet(course)


@pytest.mark.parametrize("treatment", [TreatmentRoute.STANDARD_KETAMINE, TreatmentRoute.ESKETAMINE])
def test_without_psychotherapy_no_therapist_is_asked_for(treatment: TreatmentRoute) -> None:
    course = at(Phase.SESSION, treatment=treatment)
    change(course, Seat.THERAPIST, FERN.id, None)
    assert not {"therapist_assigned", "therapist_licensed", "prepared_by_new_therapist"} & named(course)
    assert owed(course, WorkKind.ASSIGN_THERAPIST) == []
    course.until(lambda it: it.state.sessions_given == 1)


def test_a_change_is_settled_under_a_protocol_that_asks_for_no_credentials_too() -> None:
    course = at(Phase.SESSION, protocol=packaged().model_copy(update={"care_team": None}))
    change(course, Seat.THERAPIST, FERN.id, BIRCH.id)
    assert {"prepared_by_new_therapist", "series_continued"} <= unmet(course)
    assert not {"therapist_licensed", "prescriber_licensed"} & named(course)


# Who has left


def test_what_was_observed_before_leaving_may_be_told_late() -> None:
    course = ready()
    course.wait(minutes=10)
    another_therapist(course)
    left_at = course.state.staffing.departed[FERN.id]
    late = {"actor": FERN, "vitals": CALM}
    assert course.refused(RecordVitals, Role.THERAPIST, **late, observed_at=left_at).code == "left_the_team"
    course.wait(minutes=30)
    course.must(RecordVitals, Role.THERAPIST, **late, observed_at=left_at - TICK)
    assert len(course.facts(VitalsRecorded)) == 2


def test_a_visit_held_before_leaving_may_be_signed_after_it() -> None:
    course = discharged()
    course.wait(hours=30)
    held_at = course.now
    course.wait(hours=2)
    another_therapist(course)
    left_at = course.now
    too_late = course.refused(SignIntegrationNote, Role.THERAPIST, actor=FERN, held_at=left_at)
    assert too_late.code == "left_the_team"
    course.must(SignIntegrationNote, Role.THERAPIST, actor=FERN, held_at=held_at)
    assert course.phase is Phase.PREPARATION


def test_an_emergency_is_declared_by_anybody() -> None:
    another_therapist().must(DeclareEmergency, Role.THERAPIST, actor=FERN)


def test_who_comes_back_decides_again() -> None:
    course = another_therapist()
    change(course, Seat.THERAPIST, BIRCH.id, FERN.id)
    assert set(course.state.staffing.departed) == {BIRCH.id}
    course.must(SignPreparationNote, Role.THERAPIST, actor=FERN)


def test_who_keeps_another_place_has_not_left() -> None:
    course = Course(an_enrolment())
    both = TEAM.model_copy(update={"backup_physician_id": SAGE.id})
    course.must(AcceptReferral, Role.COORDINATOR, care_team=both)
    change(course, Seat.BACKUP_PHYSICIAN, SAGE.id, THYME.id)
    assert course.state.staffing.departed == {}


def test_after_care_has_ended_the_team_still_changes() -> None:
    course = discharged()
    course.must(DiscontinuePathway, Role.PATIENT)
    change(course, Seat.COORDINATOR, "co-moss", "co-fir")
    covered(course)
    assert given(course.state.care_team).coordinator_id == "co-fir"
    assert course.state.staffing.handover is None


# Who stands in


def test_work_goes_to_whoever_stands_in_and_back() -> None:
    course = at(Phase.APPROVAL)
    starts_at = course.now + timedelta(hours=5)
    covered(course, days=1, starts_at=starts_at)
    (item,) = owed(course, WorkKind.APPROVE_DOSING)

    def owner() -> str | None:
        return owed(course, WorkKind.APPROVE_DOSING)[0].owner_id

    course.wait_until(starts_at - TICK)
    assert owner() == SAGE.id
    course.wait_until(starts_at)
    assert owner() == THYME.id
    course.wait_until(starts_at + timedelta(days=1) - TICK)
    assert owner() == THYME.id
    course.wait_until(starts_at + timedelta(days=1))
    assert owner() == SAGE.id
    assert owed(course, WorkKind.APPROVE_DOSING)[0].opened_at == item.opened_at
    assert (len(course.facts(CoverBegan)), len(course.facts(CoverEnded))) == (1, 1)
    assert course.state.staffing.departed == {}


def test_after_an_outage_a_cover_that_is_over_leaves_the_work_where_it_was() -> None:
    course = covered(at(Phase.APPROVAL), days=1, starts_at=at(Phase.APPROVAL).now + timedelta(hours=5))
    course.outage(days=3)
    course.lapse()
    assert owed(course, WorkKind.APPROVE_DOSING)[0].owner_id == SAGE.id
    assert course.state.staffing.covers == ()


def test_a_cover_ends_early() -> None:
    course = covered()
    course.must(EndCover, Role.COORDINATOR)
    assert owed(course, WorkKind.APPROVE_DOSING)[0].owner_id == SAGE.id


def test_covers_follow_each_other() -> None:
    course = covered(days=1)
    then = course.now + timedelta(days=1)
    course.must(NameCover, Role.COORDINATOR, person_id="dr-elm", starts_at=then, ends_at=then + WEEK)
    course.wait(days=1)
    assert owed(course, WorkKind.APPROVE_DOSING)[0].owner_id == "dr-elm"


def test_timeline_s01_the_backup_prescriber_approves_while_the_physician_is_on_leave() -> None:
    """Asked on Tuesday 28 April 2026; the physician is on leave; acknowledged by nobody in 48 h; approved on 5 May."""
    course = Course(now=datetime(2026, 3, 30, 15, 0, tzinfo=UTC)).to_phase(Phase.PREPARATION)
    change(course, Seat.BACKUP_PHYSICIAN, None, THYME.id, cause=TeamChangeCause.JOINING)
    asked_at = datetime(2026, 4, 28, 16, 30, tzinfo=UTC)
    course.wait_until(asked_at)
    course.must(SignPreparationNote, Role.THERAPIST)
    (item,) = owed(course, WorkKind.APPROVE_DOSING)
    assert item.due_at == datetime(2026, 4, 30, 16, 30, tzinfo=UTC)
    assert THYME.id not in told(course, item.id)
    course.wait_until(item.due_at)
    assert THYME.id in told(course, item.id), "the backup physician is told when it is late"
    course.wait_until(datetime(2026, 5, 5, 15, 0, tzinfo=UTC))
    terms = {**an_approval(course.state), "request_id": item.id}
    unverified = course.refused(ApproveDosing, Role.PHYSICIAN, actor=THYME, **terms)
    assert unverified.code == "prescriber_not_licensed"
    verified(course, THYME)
    course.must(ApproveDosing, Role.PHYSICIAN, actor=THYME, **terms)
    assert approval_of(course).approved_by == THYME.id
    course.wait(days=1)
    late_click = course.refused(ApproveDosing, Role.PHYSICIAN, actor=SAGE, **terms)
    assert late_click.code == "request_closed"
    assert course.state.staffing.handover is None, "a backup is no change of physician"
    course.until(lambda it: it.state.sessions_given == 1)


def told(course: Course, about: str) -> set[str]:
    late = [fact.message for fact in course.facts(MessageRequested) if fact.message.template is Template.WORK_OVERDUE]
    return {message.to_id for message in late if message.about == about}


def test_the_on_call_clinician_takes_emergencies_first() -> None:
    course = ready()
    change(course, Seat.ON_CALL, None, THYME.id)
    course.must(DeclareEmergency, Role.NURSE)
    assert [item.owner_id for item in owed(course, WorkKind.ACKNOWLEDGE_EMERGENCY)] == [THYME.id]
    assert [item.owner_id for item in owed(course, WorkKind.CLOSE_EMERGENCY)] == [SAGE.id]


def test_the_whole_team_is_named_when_the_patient_is_taken_on() -> None:
    team = CareTeam(
        **TEAM.model_dump(exclude_none=True),
        therapist_practice_id="pr-9",
        backup_physician_id="dr-thyme",
        on_call_id="dr-oak",
        sitter_id="si-1",
    )
    course = Course()
    course.must(AcceptReferral, Role.COORDINATOR, care_team=team)
    assert course.state.care_team == team
    assert team.people == {"dr-sage", "th-fern", "co-moss", "dr-thyme", "dr-oak", "si-1"}


def test_work_that_lost_its_reason_goes_back_to_whoever_owns_it_when_the_cover_ends() -> None:
    course = at(Phase.SESSION)
    course.until(lambda it: it.state.cycle.session is not None)
    ends = course.session.starts_at + timedelta(hours=6)
    course.must(NameCover, Role.PHYSICIAN, seat=Seat.THERAPIST, person_id="th-birch", ends_at=ends)
    (held,) = [item for item in course.state.work if item.kind is WorkKind.HOLD_SESSION]
    assert held.owner_id == "th-birch"
    course.wait_until(ends)
    (held,) = [item for item in course.state.work if item.kind is WorkKind.HOLD_SESSION]
    assert held.owner_id == "th-fern"
