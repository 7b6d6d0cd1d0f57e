"""The therapeutic narrative: assembled from the record, honest about gaps, and quoting what people wrote as it is."""

import pytest

from clients.errors import Refused
from clients.narrative import Narrative, narrative
from clients.scenarios.next_right import all_kept
from clients.storytelling import as_html, as_markdown
from schemas.actors import Role
from schemas.commands import CaptureInsight, RecordNoShow, SignIntegrationNote, SignPreparationNote
from schemas.integration import NewPlanItem, PlanKind, PlanOutcome, PlanResult
from schemas.pathway import Phase
from tests.support.course import Course, at


def told(course: Course) -> Narrative:
    return narrative(course.events(), course.state.pathway_id)


def two_cycles() -> Course:
    course = at(Phase.PREPARATION)
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("To look.",), goals=("To sleep.",))
    course.until(lambda it: it.state.sessions_given == 1)
    first = course.now
    course.wait(minutes=2)
    course.must(CaptureInsight, Role.PATIENT, insight="Second *said*.\n# Not a heading")
    course.must(CaptureInsight, Role.THERAPIST, insight="First said.", observed_at=first)
    course.to_phase(Phase.INTEGRATION)
    course.wait(days=2)
    belief = NewPlanItem(kind=PlanKind.BELIEF, text="I may rest.")
    course.must(SignIntegrationNote, Role.THERAPIST, summary="Rest & <quiet>.", new_items=(belief,))
    course.must(SignPreparationNote, Role.THERAPIST, intentions=("To rest.",), goals=())
    course.to_phase(Phase.INTEGRATION, cycle=2)
    course.wait(days=2)
    course.must(RecordNoShow, Role.THERAPIST)
    course.wait(days=6)
    dropped = PlanOutcome(item_id="P1", result=PlanResult.DROPPED, word="No time.")
    kept = PlanOutcome(item_id="P2", result=PlanResult.KEPT)
    course.must(SignIntegrationNote, Role.THERAPIST, coping_strategies=(), outcomes=(dropped, kept))
    return course


def test_every_cycle_is_told_in_order() -> None:
    story = told(two_cycles())
    first, second = story.cycles
    assert [one.text for one in first.insights] == ["First said.", "Second *said*.\n# Not a heading"]
    assert [visit.intentions for visit in (*first.prepared, *second.prepared)] == [("To look.",), ("To rest.",)]
    assert second.prepared[0].goals == ("To sleep.",)
    assert [visit.amended for visit in (*first.prepared, *second.prepared)] == [False, True]
    assert len(first.debriefs) == 1
    assert [item.item_id for item in first.integrated[0].added] == ["P1", "P2"]
    answered = [(one.item_id, one.result, one.word) for one in second.integrated[0].asked_about]
    assert answered == [("P1", PlanResult.DROPPED, "No time."), ("P2", PlanResult.KEPT, None)]
    assert [item.id for item in story.plan] == ["P2"]


def test_gaps_are_told() -> None:
    first, second = told(two_cycles()).cycles
    assert first.gaps == ()
    texts = " ".join(gap.text for gap in second.gaps)
    for word in ("did not come to the integration visit", "window closed", "a deviation", "No insight was captured"):
        assert word in texts
    assert second.integrated[0].late


def test_a_visit_that_is_not_held_yet_is_missing_and_not_made_up() -> None:
    (cycle,) = told(at(Phase.INTEGRATION)).cycles
    assert cycle.integrated == ()
    assert "No integration visit is recorded yet." in {gap.text for gap in cycle.gaps}
    assert told(Course()).cycles == ()
    assert "Nothing therapeutic is recorded yet" in as_markdown(told(Course()))


def test_pages_quote_what_was_written_and_interpret_nothing() -> None:
    story = told(two_cycles())
    page = as_markdown(story)
    assert "> Second \\*said\\*\\.\n> \\# Not a heading" in page
    assert page.index("First said") < page.index("Second")
    written = as_html(story)
    assert "Rest &amp; &lt;quiet&gt;." in written
    assert "<quiet>" not in written
    assert written.count("<ul>") == written.count("</ul>")


def test_a_journal_without_a_beginning_tells_nothing() -> None:
    with pytest.raises(Refused) as refused:
        narrative([], "p-1")
    assert refused.value.code == "nothing_to_tell"


def test_it_is_the_same_story_after_a_further_visit() -> None:
    course = two_cycles()
    course.wait(days=1)
    course.must(SignIntegrationNote, Role.THERAPIST, further=True, outcomes=all_kept(course.state))
    assert [visit.visit for visit in told(course).cycles[1].integrated] == [1, 2]
