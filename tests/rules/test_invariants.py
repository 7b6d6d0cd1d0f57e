"""What holds after every step of any course: right moves and wrong ones, by anybody, at any time.

Each example is a situation to begin in and a list of moves. The quick slice runs with the other tests; see
``conftest.py`` for a run of 100,000 courses.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache, partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.records.journal import verify_chain
from clients.rederiving import state_at
from schemas.actors import Role
from schemas.commands import Command, RecordAdministration
from schemas.pathway import Pathway, Phase
from schemas.refusals import Refusal
from schemas.treatment import DrugRoute, Setting, TreatmentRoute
from tests.rules import arrivals as a
from tests.rules import staffing
from tests.rules.audits import AUDITS
from tests.rules.chart import Chart
from tests.rules.moves import move
from tests.rules.permitted import BY_TIME
from tests.support.course import Course, at
from tests.support.protocols import short, varied
from workflows.rules.deadlines import due
from workflows.rules.decide import decide
from workflows.rules.evolve import evolve
from workflows.rules.status import details_of, status_of, view_of
from workflows.rules.step import lapse, obey

LONG = settings.get_current_profile_name() == "long"
QUICK_EXAMPLES = 400
MOVES_AFTER_THE_END = 4
LOOK_CLOSELY_EVERY = 7
"""Steps after which the costlier questions are asked."""

DERIVE_EVERY = 6
"""Courses of which one is derived anew from its record: the whole chain is hashed for it."""

OFTEN = (
    "drug_administered",
    "unauthorised_administration",
    "session_held",
    "approval_expired",
    "consent_withdrawn",
    "consent_recorded",
    "consent_expired",
    "continuation_recorded",
    "capacity_noted",
    "integration_note_signed",
    "risk_cleared",
    "checkin_missed",
    "checkin_recorded",
)
"""What has to happen again and again in all courses together: a generator that gets nowhere proves nothing."""

OF_THE_AMOUNT = ("dose_above_approval", "dose_not_offered")
"""What may be wrong with a dose where a dose may be given."""

SEEN: Counter[str] = Counter()
"""How often each fact and each refusal came."""


FORM_DUE = {"value": 7, "unit": "d", "provenance": "design_default"}

FREQUENT = {
    "series.sessions": 3,
    "series.min_hours_between_doses": 30,
    "approval.first.valid_days": 2,
    "consents.cooling_off_h": 5,
    "consents.capacity_h": 3,
    "consents.valid_days": 12,
    "consents.renew_days_before": 4,
}
"""A protocol with short ways, in which consents end before the series does."""

WITH_REMS = {**FREQUENT, "treatments.kap.rems_form_due_days": FORM_DUE}
"""The same as if the drug had a risk mitigation programme."""

CLOSE = {**FREQUENT, "series.max_sessions_per_week": 2, "series.sessions": 6, "pace.reviewed_after_weeks": 1}
"""Two sessions a week, which are reviewed early."""

BEGINNINGS: dict[str, Callable[[], Course]] = {
    **{
        f"{phase}, {setting}": partial(at, phase, setting=setting, protocol=short(2))
        for phase in (Phase.REFERRAL, Phase.APPROVAL, Phase.SESSION, Phase.INTEGRATION)
        for setting in Setting
    },
    **{
        f"{phase}, frequent": partial(at, phase, protocol=varied(FREQUENT))
        for phase in (Phase.REFERRAL, Phase.PREPARATION, Phase.SESSION, Phase.INTEGRATION)
    },
    **{f"cycle {cycle}, twice a week": partial(at, Phase.SESSION, cycle, protocol=varied(CLOSE)) for cycle in (2, 4)},
    **{
        f"session, {treatment}": partial(at, Phase.SESSION, treatment=treatment, protocol=short(2))
        for treatment in TreatmentRoute
        if treatment is not TreatmentRoute.KAP
    },
    "session, with a programme": partial(at, Phase.SESSION, protocol=varied(WITH_REMS)),
    **{
        situation.__name__: situation
        for situation in (
            a.received,
            a.ready,
            a.dosed,
            a.unprepared,
            a.unapproved,
            a.withdrawn,
            a.withdrawn_in_session,
            a.without_sitter,
            a.ready_at_home,
            a.at_risk,
            a.asked_after,
            a.revoked,
            a.held,
            a.too_soon,
            a.used_up,
            a.at_home_instead,
            a.climbing,
            a.observed,
            a.infusing,
            staffing.replaced,
            staffing.another_therapist,
            staffing.another_physician,
            staffing.no_therapist,
            staffing.to_be_found,
            staffing.covered,
        )
    },
}
"""Where courses begin: at a phase, or around an arrival, where the moves that matter are one step away."""


@cache
def beginning(name: str) -> Course:
    """The course up to there; made once."""
    return BEGINNINGS[name]()


class Player:
    """Plays moves and looks at everything that must hold after each of them."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.chart = Chart(course.state.protocol, course.state.treatment)
        self.audits = [audit(course.state.protocol, course.opening) for audit in AUDITS]
        self.folded = course.opening
        self.read = 0
        self.steps = 0
        self.stood: dict[datetime, Pathway] = {}
        """The last state at each instant."""
        self._take_in()

    def play(self, number: int) -> None:
        """One move, and every deadline that has passed by then."""
        course, before = self.course, self.course.state
        consents = dict(before.consents)
        what = move(course, number)
        if isinstance(what, Command):
            self._say(what)
        else:
            what()
            self._take_in()
        course.lapse()
        self._take_in()
        assert before.consents == consents, "a rule changed its input"
        self._require_quiet()
        self.steps += 1
        self.stood[course.now] = course.state
        if self.steps % LOOK_CLOSELY_EVERY == 0:
            self.look_closely()

    def _say(self, command: Command) -> None:
        course = self.course
        first = obey(course.state, command, course.now)
        version = course.state.version
        answer = course.obey(command)
        assert answer == first, "the same question has another answer"
        if isinstance(answer, Refusal):
            SEEN[answer.code] += 1
            assert (answer.code == "pathway_closed") is (course.state.closure is not None)
            assert course.state.version == version
            assert isinstance(decide(course.state, command, course.now), Refusal)
        assert isinstance(answer, Refusal) or answer.facts, "accepted without a fact"
        self._take_in()

    def _take_in(self) -> None:
        """Read what was recorded since, and fold it into the state that must follow."""
        new = self.course.log[self.read :]
        self.read = len(self.course.log)
        for entry in new:
            self.folded = evolve(self.folded, entry.fact, entry.at)
            SEEN[entry.fact.type] += 1
            for audit in self.audits:
                audit.read(entry)
        self.chart.read(new)
        assert self.folded == self.course.state, "the record does not lead to the state"
        self.chart.agrees_with(self.course.state)
        for audit in self.audits:
            audit.agrees_with(self.course.state)

    def _require_quiet(self) -> None:
        """After the deadlines have lapsed, all that is owed or due lies ahead, and nothing lapses twice."""
        state, now = self.course.state, self.course.now
        assert lapse(state, now).facts == ()
        assert all(item.next_deadline > now for item in state.work)
        ahead = due(state)
        assert all(one.at > now for one in ahead)
        assert ahead == sorted(ahead, key=lambda one: one.at)
        if state.closure is None:
            assert {item.id for item in state.work} <= {one.subject for one in ahead}
            waits = state.ending is not None and ahead
            assert state.work or waits, "nobody owes anything on an open pathway"
        else:
            assert ahead == []

    def look_closely(self) -> None:
        """Questions that cost more."""
        state, now = self.course.state, self.course.now
        assert Pathway.model_validate_json(state.model_dump_json()) == state
        status = status_of(state, now, 0, 0)
        assert view_of(state).phase is status.phase
        assert details_of(state)
        self._require_honest(status.dose_allowed)
        far = lapse(state, max((one.at for one in due(state)), default=now))
        assert {type(fact) for fact in far.facts} <= BY_TIME, "time decided something"
        assert (far.state.closure, far.state.hold) == (state.closure, state.hold)

    def require_derivable(self) -> None:
        """The record as the journal would hold it is chained, and leads to the newest state and to one in between."""
        events, known = self.course.events(), [*self.stood.items()]
        assert verify_chain(events) is None
        for instant, state in (known[len(known) // 2], known[-1]):
            derived = state_at(events, self.course.opening.protocol, state.pathway_id, instant)
            assert derived.model_copy(update={"episode": state.episode}) == state

    def _require_honest(self, allowed: bool) -> None:
        """The status allows a dose exactly if one would be recorded."""
        course = self.course
        route = course.state.approval.route if course.state.approval else DrugRoute.SUBLINGUAL
        smallest = course.say(RecordAdministration, Role.NURSE, dose_mg=1e-9, route=route)
        answer = decide(course.state, smallest, course.now)
        if isinstance(answer, Refusal):
            assert not allowed or answer.code in OF_THE_AMOUNT
        else:
            assert allowed


@pytest.mark.timeout(0 if LONG else 300)
def test_any_course() -> None:
    SEEN.clear()
    any_course_holds()
    rare = {kind: SEEN[kind] for kind in OFTEN if SEEN[kind] < QUICK_EXAMPLES / 200}
    assert rare == {}, "the courses did not get to what the invariants are about"


@settings(
    max_examples=settings().max_examples if LONG else QUICK_EXAMPLES,
    derandomize=not LONG,  # a change is judged by the same courses each time; the long run finds new ones
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(start=st.sampled_from(sorted(BEGINNINGS)), moves=st.lists(st.integers(0, 2**32 - 1), min_size=8, max_size=60))
def any_course_holds(start: str, moves: list[int]) -> None:
    player = Player(beginning(start).fork())
    closed = 0
    for number in moves:
        player.play(number)
        closed += player.course.state.closure is not None
        if closed >= MOVES_AFTER_THE_END:
            break
    player.look_closely()
    if moves[0] % DERIVE_EVERY == 0:
        player.require_derivable()
