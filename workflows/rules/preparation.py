"""Rules of preparation."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import SignPreparationNote
from schemas.facts import Fact, PreparationNoteSigned
from schemas.pathway import Pathway
from schemas.preparation import PreparationItem, PreparationKind, PreparationVisit, Roadmap
from schemas.treatment import ApprovalStatus
from workflows.rules import team
from workflows.rules.consents.signing import require_consented
from workflows.rules.consents.standing import planned
from workflows.rules.refusing import require


def require_open_series(state: Pathway) -> None:
    """Refuse unless the patient is eligible, and another cycle is to be done."""
    require(state.eligible, "not_screened", "No physician has found the patient eligible.")
    require(state.series_continues, "series_finished", "Every session of the series was held.")


def sign_preparation_note(state: Pathway, command: SignPreparationNote, at: datetime) -> list[Fact]:
    """One note per visit. Preparation is complete by such a note alone, not by a calendar slot passing."""
    require(state.has_psychotherapy, "no_psychotherapy", "Preparation does not belong to this treatment.")
    require_open_series(state)
    require_consented(state, *planned(state))
    begun = state.cycle.session is not None and bool(state.cycle.session.doses)
    again = state.protocol.preparation is not None and not begun
    prepared = state.cycle.prepared_at is not None
    require(not prepared or again, "already_prepared", "The preparation note of this cycle is signed.")
    first = state.sessions_given == 0
    visit = PreparationVisit(
        kind=command.kind or (PreparationKind.FULL if first else PreparationKind.BRIEF),
        held_at=command.held_at or at,
        minutes=command.minutes,
        checklist=command.checklist,
        completed=command.completes,
    )
    _require_held_in_cycle(state, visit, at)
    team.require_new_therapist(state, command, visit.held_at)
    brief = visit.kind is PreparationKind.BRIEF
    require(not (first and brief), "full_preparation_needed", "The first session needs a full preparation.", "kind")
    before = state.roadmap or Roadmap(version=1, cycle=1)
    intentions, goals = command.intentions or before.intentions, command.goals or before.goals
    if visit.completed:
        _require_complete(state, visit)
        for name, told in (("intentions", intentions), ("goals", goals)):
            require(told, "roadmap_missing", "There are none to go on with; tell them.", name)
    return [
        PreparationNoteSigned(
            cycle=state.cycle.number,
            intentions=intentions,
            recent_stressors=command.recent_stressors,
            goals=goals,
            kind=visit.kind,
            held_at=visit.held_at,
            minutes=visit.minutes,
            checklist=visit.checklist,
            completes=visit.completed,
        )
    ]


def _require_held_in_cycle(state: Pathway, visit: PreparationVisit, at: datetime) -> None:
    require(visit.held_at <= at, "held_in_future", "The visit cannot lie in the future.", "held_at")
    since = max(state.opened_at, state.last_discharged_at or state.opened_at)
    require(
        visit.held_at >= since,
        "held_before_cycle",
        "The visit would lie before this pathway, or before the session before.",
        "held_at",
        since=since.isoformat(),
    )


def _require_complete(state: Pathway, visit: PreparationVisit) -> None:
    """What the visits of the cycle have to hold together; a preparation that is done anew stands for itself."""
    rules = state.protocol.preparation
    if rules is None:
        return
    earlier = state.cycle.preparation if state.cycle.prepared_at is None else ()
    visits = [one for one in (*earlier, visit) if one.kind is visit.kind]
    checklist, minutes, least = rules.asked(visit.kind)
    require(
        len(visits) >= least,
        "preparation_visits_missing",
        "The protocol asks for more visits before the patient is prepared.",
        "completes",
        least=least,
    )
    covered = {item for one in visits for item in one.checklist}
    # A dose plan that does not exist cannot be talked about; it is acknowledged by version before any dose.
    planned = state.approval is not None and state.approval.status is ApprovalStatus.IN_FORCE
    asked = [item for item in checklist if planned or item is not PreparationItem.DOSE_PLAN]
    missing = [item.value for item in asked if item not in covered]
    require(
        not missing,
        "checklist_incomplete",
        "Not everything that belongs to a preparation was talked about.",
        "checklist",
        missing=", ".join(missing),
    )
    require(visit.minutes is not None, "minutes_missing", "The note says how long the visit took.", "minutes")
    require(
        sum(one.minutes or 0 for one in visits) >= minutes,
        "preparation_too_short",
        "The visits were shorter than the protocol asks for.",
        "minutes",
        least=minutes,
    )


def prepared_visits(state: Pathway) -> tuple[datetime, ...]:
    """When the patient was prepared for this cycle; more than once where it was done anew."""
    if state.cycle.prepared_at is None:
        return ()
    held = sorted(one.held_at for one in state.cycle.preparation if one.completed)
    # A pathway older than these visits knows the note alone.
    return tuple(held) or (state.cycle.prepared_at,)


def good_until(state: Pathway) -> datetime | None:
    """Until when the last preparation counts for a first dose; None where it does not matter."""
    rules, held = state.protocol.preparation, prepared_visits(state)
    if rules is None or not held or state.sessions_given:
        return None
    return held[-1] + timedelta(days=rules.max_days_before_first.value)


def good_from(state: Pathway, at: datetime) -> datetime | None:
    """From when a first dose may follow a preparation that would not be too old at ``at``."""
    rules, held = state.protocol.preparation, prepared_visits(state)
    if rules is None or not held or state.sessions_given:
        return None
    oldest = at - timedelta(days=rules.max_days_before_first.value)
    recent = [one for one in held if one >= oldest] or held
    return recent[0] + timedelta(hours=rules.min_hours_before_first.value)


def preparation_note_signed(state: Pathway, fact: PreparationNoteSigned, at: datetime) -> dict[str, Any]:
    """A visit more; prepared, unless another one is to follow. The roadmap goes on as it is told."""
    visit = PreparationVisit(
        kind=fact.kind or PreparationKind.FULL,
        held_at=fact.held_at or at,
        minutes=fact.minutes,
        checklist=fact.checklist or (),
        completed=fact.completes is not False,
    )
    changes: dict[str, Any] = {"preparation": (*state.cycle.preparation, visit)}
    if visit.completed:
        changes["prepared_at"] = state.cycle.prepared_at or at
    return {
        "cycle": state.cycle.model_copy(update=changes),
        "roadmap": _amended(state.roadmap, fact),
        "staffing": team.after_preparation(state, at) if visit.completed else state.staffing,
    }


def _amended(before: Roadmap | None, fact: PreparationNoteSigned) -> Roadmap:
    told = {"intentions": fact.intentions, "recent_stressors": fact.recent_stressors, "goals": fact.goals}
    if before is not None and all(getattr(before, name) == value for name, value in told.items()):
        return before
    return Roadmap(version=1 if before is None else before.version + 1, cycle=fact.cycle, **told)
