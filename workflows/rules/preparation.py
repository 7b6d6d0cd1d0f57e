"""Rules of preparation."""

from datetime import datetime
from typing import Any

from schemas.commands import SignPreparationNote
from schemas.facts import Fact, PreparationNoteSigned
from schemas.pathway import Pathway
from workflows.rules import team
from workflows.rules.consents.signing import require_consented
from workflows.rules.consents.standing import planned
from workflows.rules.refusing import require


def require_open_series(state: Pathway) -> None:
    """Refuse unless the patient is eligible, and another cycle is to be done."""
    require(state.eligible, "not_screened", "No physician has found the patient eligible.")
    require(state.series_continues, "series_finished", "Every session of the series was held.")


def sign_preparation_note(state: Pathway, command: SignPreparationNote, at: datetime) -> list[Fact]:
    """Once per cycle; preparation is complete by a signed note, not by a calendar slot passing."""
    require(state.has_psychotherapy, "no_psychotherapy", "Preparation does not belong to this treatment.")
    require_open_series(state)
    require_consented(state, *planned(state))
    require(state.cycle.prepared_at is None, "already_prepared", "The preparation note of this cycle is signed.")
    team.require_new_therapist(state, command, at)
    return [
        PreparationNoteSigned(
            cycle=state.cycle.number,
            intentions=command.intentions,
            recent_stressors=command.recent_stressors,
            goals=command.goals,
        )
    ]


def preparation_note_signed(state: Pathway, fact: PreparationNoteSigned, at: datetime) -> dict[str, Any]:
    """The cycle is prepared; the note's content stays in the journal."""
    del fact
    prepared = state.cycle.model_copy(update={"prepared_at": at})
    return {"cycle": prepared, "staffing": team.after_preparation(state, at)}
