"""One therapeutic narrative of a pathway, put together from its journal. Nothing is invented, and gaps are told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from pydantic import Field

from clients.rederiving import opening_of
from schemas import facts as f
from schemas.base import Instant, Model, Zone
from schemas.events import Event
from schemas.integration import PlanItem, PlanKind, PlanResult, VisitKind
from schemas.preparation import PreparationKind

T = TypeVar("T")


class Words(Model):
    """What somebody said or wrote, and when."""

    at: Instant
    text: str


class Prepared(Model):
    """A preparation visit, with the roadmap as it stood after it."""

    held_at: Instant
    kind: PreparationKind
    minutes: float | None
    intentions: tuple[str, ...]
    recent_stressors: tuple[str, ...]
    goals: tuple[str, ...]
    amended: bool = Field(description="Whether intentions or goals changed since the visit before.")


class PlanWord(Model):
    """An item of the plan, new or asked about; without an id where the plan was not followed up."""

    item_id: str | None
    kind: PlanKind
    text: str
    result: PlanResult | None = None
    word: str | None = None


class Integrated(Model):
    """An integration visit."""

    held_at: Instant
    visit: int
    late: bool
    summary: str
    asked_about: tuple[PlanWord, ...]
    added: tuple[PlanWord, ...]


class CycleStory(Model):
    """One round of preparation, session and integration."""

    number: int
    prepared: tuple[Prepared, ...] = ()
    session_at: Instant | None = Field(default=None, description="The first drug; None where none was given.")
    insights: tuple[Words, ...] = Field(default=(), description="In the order in which they were captured.")
    debriefs: tuple[Words, ...] = ()
    integrated: tuple[Integrated, ...] = ()
    gaps: tuple[Words, ...] = Field(default=(), description="What did not happen, or not as planned.")


class Narrative(Model):
    """The whole story up to the last event."""

    pathway_id: str
    zone: Zone
    until: Instant
    cycles: tuple[CycleStory, ...]
    plan: tuple[PlanItem, ...] = Field(description="What the next integration visit asks about.")
    outcome: Words | None


def narrative(events: Sequence[Event], pathway_id: str) -> Narrative:
    """Put the story together.

    Raises:
        Refused: ``nothing_to_tell``; the journal has no beginning.
    """
    opening = opening_of(events)
    teller = _Teller()
    for event in events:
        teller.hear(event)
    return Narrative(
        pathway_id=pathway_id,
        zone=opening.zone,
        until=events[-1].recorded_at,
        cycles=tuple(teller.told(number) for number in sorted(teller.numbers)),
        plan=tuple(teller.plan.values()),
        outcome=teller.outcome,
    )


class _Teller:
    """Keeps what belongs together while the events go by."""

    def __init__(self) -> None:
        self.cycle_of: dict[str, int] = {}
        self.prepared: dict[int, list[Prepared]] = {}
        self.sessions: dict[int, datetime] = {}
        self.discharged: dict[int, datetime] = {}
        self.insights: dict[int, list[Words]] = {}
        self.debriefs: dict[int, list[Words]] = {}
        self.integrated: dict[int, list[Integrated]] = {}
        self.gaps: dict[int, list[Words]] = {}
        self.plan: dict[str, PlanItem] = {}
        self.outcome: Words | None = None
        self.roadmap: tuple[tuple[str, ...], ...] | None = None

    @property
    def numbers(self) -> set[int]:
        """Cycles of which there is anything to tell."""
        return {*self.prepared, *self.sessions, *self.insights, *self.debriefs, *self.integrated, *self.gaps}

    def hear(self, event: Event) -> None:
        """Take in one event."""
        fact, at = event.fact, event.observed_at
        match fact:
            case f.SessionScheduled():
                self.cycle_of[fact.session_id] = fact.cycle
            case f.PreparationNoteSigned():
                self._prepared(fact, at)
            case f.UnauthorisedAdministration():
                self.cycle_of[fact.session_id] = fact.cycle
                self.sessions.setdefault(fact.cycle, fact.dose.given_at)
            case f.DrugAdministered():
                self.sessions.setdefault(self.cycle_of[fact.session_id], fact.dose.given_at)
            case f.PatientDischarged():
                self.discharged[self.cycle_of[fact.session_id]] = at
            case f.InsightCaptured():
                _into(self.insights, self.cycle_of[fact.session_id], Words(at=at, text=fact.insight))
            case f.DebriefRecorded():
                _into(self.debriefs, self.cycle_of[fact.session_id], Words(at=at, text=fact.summary))
            case f.IntegrationNoteSigned():
                self._integrated(fact)
            case f.PathwayCompleted():
                self.outcome = Words(at=at, text=fact.summary)
            case _:
                self._hear_gap(fact, at)

    def _hear_gap(self, fact: f.Fact, at: datetime) -> None:
        match fact:
            case f.VisitMissed():
                self._gap(fact.cycle, at, f"The patient did not come to {_A_VISIT[fact.visit]}.")
            case f.IntegrationBecameOverdue():
                self._gap(fact.cycle, at, "The integration window closed without a visit.")
            case f.IntegrationDeviated():
                self._gap(fact.cycle, at, "The hard limit of the integration passed without a visit: a deviation.")
            case f.SessionReleased():
                self._gap(self.cycle_of[fact.session_id], at, "The booked session was released; no drug was given.")
            case f.SessionHeld():
                self._gap(
                    self.cycle_of[fact.session_id], at, "The session was held for a medical reason before any drug."
                )
            case _:
                return

    def _gap(self, cycle: int, at: datetime, sentence: str) -> None:
        _into(self.gaps, cycle, Words(at=at, text=sentence))

    def _prepared(self, fact: f.PreparationNoteSigned, at: datetime) -> None:
        roadmap = (fact.intentions, fact.goals)
        visit = Prepared(
            held_at=fact.held_at or at,
            kind=fact.kind or PreparationKind.FULL,
            minutes=fact.minutes,
            intentions=fact.intentions,
            recent_stressors=fact.recent_stressors,
            goals=fact.goals,
            amended=self.roadmap is not None and self.roadmap != roadmap,
        )
        self.roadmap = roadmap
        _into(self.prepared, fact.cycle, visit)

    def _integrated(self, fact: f.IntegrationNoteSigned) -> None:
        asked = [
            PlanWord(item_id=item.id, kind=item.kind, text=item.text, result=outcome.result, word=outcome.word)
            for outcome in fact.outcomes or ()
            if (item := self.plan.get(outcome.item_id)) is not None
        ]
        for one in asked:
            if one.result is not PlanResult.KEPT and one.item_id is not None:
                del self.plan[one.item_id]
        added = [PlanWord(item_id=item.id, kind=item.kind, text=item.text) for item in fact.added or ()]
        if fact.added is None:
            strategy = PlanKind.COPING_STRATEGY
            added = [PlanWord(item_id=None, kind=strategy, text=text) for text in fact.coping_strategies]
        self.plan.update({item.id: item for item in fact.added or ()})
        visit = Integrated(
            held_at=fact.held_at,
            visit=fact.visit or 1,
            late=fact.late,
            summary=fact.summary,
            asked_about=tuple(asked),
            added=tuple(added),
        )
        _into(self.integrated, fact.cycle, visit)

    def told(self, number: int) -> CycleStory:
        """One cycle, in order."""
        gaps = [*self.gaps.get(number, ()), *self._silences(number)]
        return CycleStory(
            number=number,
            prepared=tuple(self.prepared.get(number, ())),
            session_at=self.sessions.get(number),
            insights=tuple(sorted(self.insights.get(number, ()), key=lambda one: one.at)),
            debriefs=tuple(self.debriefs.get(number, ())),
            integrated=tuple(self.integrated.get(number, ())),
            gaps=tuple(sorted(gaps, key=lambda one: one.at)),
        )

    def _silences(self, number: int) -> Iterator[Words]:
        """What the record of a session that is over does not have."""
        at = self.discharged.get(number)
        if at is None or number not in self.prepared:
            return
        for there, what in (
            (self.insights, "No insight was captured."),
            (self.debriefs, "No debrief is recorded."),
            (self.integrated, "No integration visit is recorded yet."),
        ):
            if number not in there:
                yield Words(at=at, text=what)


_A_VISIT = {
    VisitKind.PREPARATION: "a preparation visit",
    VisitKind.SESSION: "the session",
    VisitKind.INTEGRATION: "the integration visit",
}


def _into(place: dict[int, list[T]], number: int, what: T) -> None:
    place.setdefault(number, []).append(what)
