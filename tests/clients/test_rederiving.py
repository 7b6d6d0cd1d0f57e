"""Any past state is derived anew from the journal, from the facts known then."""

from datetime import timedelta

import pytest

from clients.errors import Refused
from clients.rederiving import state_at
from schemas.actors import Role
from schemas.commands import MoveProtocol, RecordMedications
from schemas.pathway import Pathway, Phase
from tests.support.course import Course, at
from tests.support.protocols import packaged, varied
from workflows.rules.status import checks_of

TICK = timedelta(microseconds=1)


def test_the_newest_state_is_the_pathways() -> None:
    course = at(Phase.INTEGRATION, cycle=2)
    derived = state_at(course.events(), packaged(), course.state.pathway_id, None)
    assert derived.model_copy(update={"episode": course.state.episode}) == course.state


def test_why_before_and_after_a_block() -> None:
    course = at(Phase.SESSION)
    before = course.now
    course.wait(hours=1)
    course.must(RecordMedications, Role.PATIENT, names=("Nardil",))
    known = {check.name: check for check in checks_of(_then(course), course.now)}
    assert known["medications_decided"].code == "medication_undecided"
    assert known["medications_decided"].lifted_by == (Role.PHYSICIAN,)
    assert known["approval_unsuspended"].facts["reasons"]
    then = state_at(course.events(), packaged(), "p-1", before)
    earlier = {check.name: check for check in checks_of(then, before)}
    assert earlier["medications_decided"].passed
    assert earlier["approval_unsuspended"].passed


def _then(course: Course) -> Pathway:
    return state_at(course.events(), packaged(), "p-1", course.now)


def test_before_the_opening_there_is_nothing() -> None:
    course = at(Phase.SCREENING)
    with pytest.raises(Refused) as caught:
        state_at(course.events(), packaged(), "p-1", course.log[0].recorded_at - TICK)
    assert caught.value.code == "before_opening"


def test_across_a_move_the_journal_knows_both_versions() -> None:
    course = at(Phase.SESSION)
    before, earlier = course.now, course.state
    course.wait(hours=1)
    course.must(MoveProtocol, Role.PHYSICIAN, protocol=varied({"version": "2027.01-1", "vitals.valid_min": 30}))
    course.to_phase(Phase.INTEGRATION)
    course.must(MoveProtocol, Role.PHYSICIAN, protocol=varied({"version": "2027.02-1"}))
    any_other = varied({"version": "1999.01-1", "consents.kinds.telehealth.needed": "everybody"})
    for at_, state in ((None, course.state), (before, earlier)):
        derived = state_at(course.events(), any_other, course.state.pathway_id, at_)
        assert derived.model_copy(update={"episode": state.episode}) == state
    under = [event.protocol for event in course.events()]
    assert list(dict.fromkeys(under)) == [f"kap-default:{one}" for one in ("2026.11-1", "2027.01-1", "2027.02-1")]


def test_another_protocol_is_not_taken_for_the_one_in_force() -> None:
    course = at(Phase.SCREENING)
    other = varied({"version": "2027.01-1"})
    with pytest.raises(Refused) as caught:
        state_at(course.events(), other, "p-1", None)
    assert caught.value.code == "other_protocol"
