"""Rules of the ends of a pathway. After an end only the safety contact remains, until it is done or declined."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from schemas.checkins import Checkins
from schemas.commands import (
    CompletePathway,
    DiscontinuePathway,
    DismissCancellation,
    ExtendSeries,
    RecordDeath,
    TransferCare,
)
from schemas.commands.ends import SeriesKind
from schemas.facts import (
    CancellationDismissed,
    CancellationRequested,
    CareTransferred,
    DeathRecorded,
    Fact,
    PathwayCompleted,
    PathwayDiscontinued,
    SafetyContactEnded,
    SeriesExtended,
)
from schemas.pathway import Closure, End, Extension, Pathway, Phase
from workflows.rules import checkins, rems, risk, supply
from workflows.rules.refusing import Refused, require
from workflows.rules.safety import is_pending
from workflows.rules.standing import phase_of

SAFETY_CONTACT: tuple[Callable[[Pathway], bool], ...] = (
    checkins.is_asked_after,
    risk.is_asked_after,
)
"""Each says whether somebody still has to ask after the patient although care has ended."""


NOBODY_TO_ASK = (End.DIED, End.TRANSFERRED)
"""Ends after which nobody here asks after the patient."""


def extend_series(state: Pathway, command: ExtendSeries, at: datetime) -> list[Fact]:
    """Once the patient is in the series; further sessions have an end, maintenance is decided round by round."""
    del at
    require(state.eligible, "not_screened", "No physician has found the patient eligible.")
    rules = state.protocol.follow_up
    if rules is None:
        raise Refused("no_further_sessions", "The protocol knows no further sessions.")
    maintenance = command.kind is SeriesKind.MAINTENANCE
    limit = rules.further_sessions.value - (0 if maintenance else state.extension.further)
    require(
        command.sessions <= limit,
        "too_many_sessions",
        "The protocol lets a series be extended by fewer sessions.",
        "sessions",
        limit=max(0, limit),
    )
    every = command.every_days
    if maintenance:
        treatment = state.protocol.treatment(state.treatment)
        least = (treatment.maintenance_min_days or rules.maintenance_min_days).value
        most = (treatment.maintenance_max_days or rules.maintenance_max_days).value
        require(
            every is not None and least <= every <= most,
            "maintenance_interval",
            "Maintenance needs an interval that the protocol allows.",
            "every_days",
            least=least,
            most=most,
        )
    else:
        require(every is None, "maintenance_interval", "Only maintenance has an interval of its own.", "every_days")
    return [SeriesExtended(kind=command.kind, sessions=command.sessions, every_days=every)]


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
    ahead, kept = state.checkins, checkins.safety_only(state)
    ended = len(ahead.planned) + len(ahead.open) - len(kept.planned) - len(kept.open)
    return [
        PathwayCompleted(
            course=command.course,
            summary=command.summary,
            sessions_given=state.sessions_given,
            checkins_ended=ended or None,
        )
    ]


def discontinue_pathway(state: Pathway, command: DiscontinuePathway, at: datetime) -> list[Fact]:
    """At any time but while drug may still act: then observation goes on until discharge."""
    del at
    _require_no_drug_acting(state)
    return [PathwayDiscontinued(cause=command.cause)]


def transfer_care(state: Pathway, command: TransferCare, at: datetime) -> list[Fact]:
    """Once somebody there has taken over; never while drug may still act."""
    del at
    _require_no_drug_acting(state)
    require(
        command.receiver_confirmed,
        "receiver_not_confirmed",
        "Nobody has taken over yet; care goes on here until then.",
        "receiver_confirmed",
    )
    return [CareTransferred(receiver=command.receiver, summary=command.summary)]


def record_death(state: Pathway, command: RecordDeath, at: datetime) -> list[Fact]:
    """At any time."""
    del state
    require(command.died_at is None or command.died_at <= at, "died_in_future", "This lies in the future.", "died_at")
    return [DeathRecorded(died_at=command.died_at)]


def _require_no_drug_acting(state: Pathway) -> None:
    session = state.cycle.session
    require(
        session is None or not session.in_progress,
        "session_in_progress",
        "Drug was given; the pathway can end after the patient is discharged.",
    )


def dismiss_cancellation(state: Pathway, command: DismissCancellation, at: datetime) -> list[Fact]:
    """Care goes on."""
    del command, at
    require(state.cancellation_requested_at, "no_cancellation_request", "Nobody asked to cancel this pathway.")
    return [CancellationDismissed()]


def safety_contact(state: Pathway, now: datetime, at: datetime) -> Iterator[Fact]:
    """Consequence: once nobody has to ask after the patient any more, the pathway is over."""
    del now, at
    if state.ending is not None and state.closure is None and not _is_unfinished(state, state.ending.end):
        yield SafetyContactEnded()


def series_extended(state: Pathway, fact: SeriesExtended, at: datetime) -> dict[str, Any]:
    """The series goes on."""
    del at
    before, further = state.extension, fact.sessions if fact.kind is SeriesKind.FURTHER else 0
    longer = {"sessions": before.sessions + fact.sessions, "further": before.further + further}
    return {"extension": Extension(every_days=fact.every_days, **longer)}


def pathway_completed(state: Pathway, fact: PathwayCompleted, at: datetime) -> dict[str, Any]:
    """The outcome is the pathway's result."""
    return ended(state, Closure(end=End.COMPLETED, at=at, course=fact.course, sessions_given=fact.sessions_given))


def pathway_discontinued(state: Pathway, fact: PathwayDiscontinued, at: datetime) -> dict[str, Any]:
    """The pathway ended early."""
    del fact
    return ended(state, Closure(end=End.DISCONTINUED, at=at, sessions_given=state.sessions_given))


def care_transferred(state: Pathway, fact: CareTransferred, at: datetime) -> dict[str, Any]:
    """Others ask after the patient from now on."""
    del fact
    return ended(state, Closure(end=End.TRANSFERRED, at=at, sessions_given=state.sessions_given))


def death_recorded(state: Pathway, fact: DeathRecorded, at: datetime) -> dict[str, Any]:
    """Nothing remains to be done for the patient; what went wrong is still looked at."""
    del fact
    return ended(state, Closure(end=End.DIED, at=at, sessions_given=state.sessions_given))


def safety_contact_ended(state: Pathway, fact: SafetyContactEnded, at: datetime) -> dict[str, Any]:
    """The pathway is closed as it ended."""
    del fact, at
    return {"closure": state.ending, "ending": None}


def ended(state: Pathway, closure: Closure) -> dict[str, Any]:
    """Closed at once, unless somebody has to ask after the patient, or something that went wrong is not looked at."""
    if not _is_unfinished(state.model_copy(update={"ending": closure}), closure.end):
        return {"closure": closure, "ending": None}
    return {"ending": closure, "checkins": Checkins() if closure.end in NOBODY_TO_ASK else checkins.safety_only(state)}


def _is_unfinished(state: Pathway, end: End) -> bool:
    asked_after = end not in NOBODY_TO_ASK and any(outstanding(state) for outstanding in SAFETY_CONTACT)
    return asked_after or is_pending(state) or rems.owes_forms(state) or supply.is_to_be_reconciled(state)


def cancellation_requested(state: Pathway, fact: CancellationRequested, at: datetime) -> dict[str, Any]:
    """A human reviews the request."""
    del state, fact
    return {"cancellation_requested_at": at}


def cancellation_dismissed(state: Pathway, fact: CancellationDismissed, at: datetime) -> dict[str, Any]:
    """The request is answered."""
    del state, fact, at
    return {"cancellation_requested_at": None}
