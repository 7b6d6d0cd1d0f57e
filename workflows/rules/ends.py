"""Rules of the ends of a pathway."""

from datetime import datetime
from typing import Any

from schemas.commands import CompletePathway, DiscontinuePathway, DismissCancellation
from schemas.facts import (
    CancellationDismissed,
    CancellationRequested,
    Fact,
    PathwayCompleted,
    PathwayDiscontinued,
)
from schemas.pathway import Closure, End, Pathway, Phase
from workflows.rules.refusing import require
from workflows.rules.standing import phase_of


def complete_pathway(state: Pathway, command: CompletePathway, at: datetime) -> list[Fact]:
    """After the last cycle of the series."""
    del at
    require(
        phase_of(state) is Phase.FOLLOW_UP,
        "series_not_finished",
        "The series is not finished.",
        sessions_given=state.sessions_given,
        sessions_planned=state.sessions_planned,
    )
    return [
        PathwayCompleted(course=command.course, summary=command.summary, sessions_given=state.sessions_given),
    ]


def discontinue_pathway(state: Pathway, command: DiscontinuePathway, at: datetime) -> list[Fact]:
    """At any time but while drug may still act: then observation goes on until discharge."""
    del command, at
    session = state.cycle.session
    require(
        session is None or not session.in_progress,
        "session_in_progress",
        "Drug was given; the pathway can end after the patient is discharged.",
    )
    return [PathwayDiscontinued()]


def dismiss_cancellation(state: Pathway, command: DismissCancellation, at: datetime) -> list[Fact]:
    """Care goes on."""
    del command, at
    require(state.cancellation_requested_at, "no_cancellation_request", "Nobody asked to cancel this pathway.")
    return [CancellationDismissed()]


def pathway_completed(state: Pathway, fact: PathwayCompleted, at: datetime) -> dict[str, Any]:
    """The outcome is the pathway's result."""
    del state
    closure = Closure(end=End.COMPLETED, at=at, course=fact.course, sessions_given=fact.sessions_given)
    return {"closure": closure}


def pathway_discontinued(state: Pathway, fact: PathwayDiscontinued, at: datetime) -> dict[str, Any]:
    """The pathway ended early."""
    del fact
    return {"closure": Closure(end=End.DISCONTINUED, at=at, sessions_given=state.sessions_given)}


def cancellation_requested(state: Pathway, fact: CancellationRequested, at: datetime) -> dict[str, Any]:
    """A human reviews the request."""
    del state, fact
    return {"cancellation_requested_at": at}


def cancellation_dismissed(state: Pathway, fact: CancellationDismissed, at: datetime) -> dict[str, Any]:
    """The request is answered."""
    del state, fact, at
    return {"cancellation_requested_at": None}
