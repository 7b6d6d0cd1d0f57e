"""Rules of the integration visit, and of the plan that is carried from one to the next."""

from datetime import datetime
from typing import Any

from schemas.checkins import no_show_kind
from schemas.commands import SignIntegrationNote
from schemas.facts import Fact, IntegrationBecameOverdue, IntegrationDeviated, IntegrationNoteSigned
from schemas.integration import NewPlanItem, PlanItem, PlanKind, PlanResult, VisitKind
from schemas.pathway import Pathway
from workflows.rules.refusing import Refused, require
from workflows.rules.session import next_cycle
from workflows.rules.standing import integration_window


def sign_integration_note(state: Pathway, command: SignIntegrationNote, at: datetime) -> list[Fact]:
    """After discharge and not before the window opens; a late visit is done with a deviation, never failed."""
    held_at = command.held_at or at
    require(held_at <= at, "held_in_future", "The visit cannot lie in the future.", "held_at")
    if command.further:
        return [_further(state, command, held_at)]
    session = state.cycle.session
    window = integration_window(state, session) if session else None
    if session is None or window is None or session.discharged_at is None:
        raise Refused("no_session_to_integrate", "No finished session waits for integration.")
    opens, closes = max(window[0], session.discharged_at), window[1]
    require(
        held_at >= opens,
        "integration_too_early",
        "The integration window had not opened, or the patient was not discharged yet.",
        "held_at",
        opens=opens.isoformat(),
    )
    return [_note(state, command, held_at, cycle=state.cycle.number, visit=1, late=held_at > closes)]


def _further(state: Pathway, command: SignIntegrationNote, held_at: datetime) -> IntegrationNoteSigned:
    """Another visit for the session before, until drug is given again. Each visit has a note of its own."""
    session, last = state.cycle.session, state.integration.last_visit_at
    integrated = state.integration.cycle == state.cycle.number - 1
    if last is None or not integrated or (session is not None and session.doses):
        raise Refused("no_session_to_integrate", "No integrated session could have a further visit.", "further")
    require(
        held_at > last,
        "visit_recorded_before",
        "A visit of that time, or a later one, has its note already; two visits are not merged.",
        "held_at",
        last=last.isoformat(),
    )
    visit = state.integration.visits + 1
    return _note(state, command, held_at, cycle=state.integration.cycle, visit=visit, late=False)


def _note(
    state: Pathway, command: SignIntegrationNote, held_at: datetime, *, cycle: int, visit: int, late: bool
) -> IntegrationNoteSigned:
    _require_answered(state, command)
    short = [NewPlanItem(kind=PlanKind.COPING_STRATEGY, text=text) for text in command.coping_strategies]
    first = state.integration.items_added + 1
    added = tuple(
        PlanItem(id=f"P{number}", kind=new.kind, text=new.text, since_cycle=cycle)
        for number, new in enumerate((*short, *command.new_items), start=first)
    )
    return IntegrationNoteSigned(
        cycle=cycle,
        held_at=held_at,
        summary=command.summary,
        coping_strategies=command.coping_strategies,
        late=late,
        outcomes=command.outcomes or None,
        added=added if state.protocol.integration.plan_followed_up and added else None,
        visit=visit,
    )


def _require_answered(state: Pathway, command: SignIntegrationNote) -> None:
    """Every open item is asked about, each once; what is dropped says why."""
    waiting = {item.id for item in state.integration.plan}
    for number, outcome in enumerate(command.outcomes):
        where = f"outcomes.{number}"
        known = outcome.item_id in waiting
        require(known, "plan_item_not_open", "No such item is open, or it is answered twice.", f"{where}.item_id")
        waiting.discard(outcome.item_id)
        said = outcome.result is not PlanResult.DROPPED or outcome.word
        require(said, "word_missing", "What is dropped needs a word on why.", f"{where}.word")
    require(
        not waiting,
        "plan_items_unanswered",
        "The note says of each open item what became of it.",
        "outcomes",
        items=", ".join(item.id for item in state.integration.plan if item.id in waiting),
    )


def integration_note_signed(state: Pathway, fact: IntegrationNoteSigned, at: datetime) -> dict[str, Any]:
    """With the first visit the cycle is complete and the next one begins. Whoever came is not asked after any more."""
    del at
    before, visit = state.integration, fact.visit or 1
    over = {one.item_id for one in fact.outcomes or () if one.result is not PlanResult.KEPT}
    added = fact.added or ()
    integration = before.model_copy(
        update={
            "plan": (*(item for item in before.plan if item.id not in over), *added),
            "items_added": before.items_added + len(added),
            "cycle": fact.cycle,
            "visits": visit,
            "last_visit_at": fact.held_at,
            "late": before.late if visit > 1 else fact.late or state.cycle.integration_deviated,
        }
    )
    missed = no_show_kind(VisitKind.INTEGRATION)
    asked_after = tuple(one for one in state.checkins.open if one.kind != missed or fact.held_at < one.opens_at)
    changes = {"integration": integration, "checkins": state.checkins.model_copy(update={"open": asked_after})}
    return changes if visit > 1 else {**changes, **next_cycle(state), "last_integration_at": fact.held_at}


def integration_became_overdue(state: Pathway, fact: IntegrationBecameOverdue, at: datetime) -> dict[str, Any]:
    """Somebody has to ask after the patient; the visit stays owed."""
    del fact, at
    return {"cycle": state.cycle.model_copy(update={"integration_overdue": True})}


def integration_deviated(state: Pathway, fact: IntegrationDeviated, at: datetime) -> dict[str, Any]:
    """On the record for good; the visit stays owed."""
    del fact, at
    return {"cycle": state.cycle.model_copy(update={"integration_deviated": True})}
