"""Rules of the capacity to consent: doubted by a clinician, or by the drug; found given by a clinician's note."""

from datetime import datetime
from typing import Any

from schemas.commands import NoteCapacity, QuestionCapacity
from schemas.consents import Consent
from schemas.facts import CapacityNoted, CapacityQuestioned, Fact
from schemas.pathway import Pathway
from workflows.rules.consents.standing import BINDING, capacity_doubtful_until
from workflows.rules.refusing import require

DRUG_ACTS = "So soon after a dose the capacity to consent is in doubt."


def question_capacity(state: Pathway, command: QuestionCapacity, at: datetime) -> list[Fact]:
    """At any time; one doubt is enough until it is settled."""
    del command, at
    _require_unquestioned(state)
    return [CapacityQuestioned()]


def note_capacity(state: Pathway, command: NoteCapacity, at: datetime) -> list[Fact]:
    """Where there is a doubt, or something withdrawn to come back to; never while drug may act."""
    session = state.cycle.session
    acting = session is not None and session.in_progress
    require(not acting, "session_in_progress", "While drug acts nobody can judge the capacity to consent.")
    asked = state.consenting.capacity_questioned_at is not None or any(_left(state))
    require(asked, "capacity_not_questioned", "Nothing asks for a note on the capacity to consent.")
    _require_clear_of_drug(state, at, None)
    return [CapacityNoted(has_capacity=command.has_capacity, summary=command.summary)]


def require_capacity(state: Pathway, signed_at: datetime, *, again: bool) -> None:
    """Refuse a signature while the capacity is in doubt; ``again`` also without a note since the withdrawal."""
    _require_clear_of_drug(state, signed_at, "signed_at")
    _require_unquestioned(state)
    if again and state.protocol.consent_rules.capacity_h is not None:
        noted_at = state.consenting.capacity_noted_at
        left = max((one.withdrawn_at for one in _left(state) if one.withdrawn_at is not None), default=None)
        require(
            noted_at is not None and (left is None or noted_at > left),
            "capacity_note_missing",
            "Before a withdrawn consent is signed anew, a clinician notes the capacity to consent.",
        )


def _require_clear_of_drug(state: Pathway, instant: datetime, field: str | None) -> None:
    until = capacity_doubtful_until(state, instant)
    require(
        until is None, "capacity_in_doubt", DRUG_ACTS, field, until=until.isoformat() if until is not None else None
    )


def _require_unquestioned(state: Pathway) -> None:
    doubt = state.consenting.capacity_questioned_at
    require(doubt is None, "capacity_questioned", "A clinician doubts the capacity to consent; a note settles it.")


def _left(state: Pathway) -> list[Consent]:
    """Withdrawn consents that dosing rests on."""
    kinds = state.protocol.consent_rules.kinds
    withdrawn = (one for one in state.consents.values() if one.withdrawn_at is not None)
    return [one for one in withdrawn if one.kind in kinds and kinds[one.kind].covers in BINDING]


def capacity_questioned(state: Pathway, fact: CapacityQuestioned, at: datetime) -> dict[str, Any]:
    """Nothing is given or signed until a clinician's note."""
    del fact
    return {"consenting": state.consenting.model_copy(update={"capacity_questioned_at": at})}


def capacity_noted(state: Pathway, fact: CapacityNoted, at: datetime) -> dict[str, Any]:
    """The doubt is settled, or is one from now on."""
    doubt = state.consenting.capacity_questioned_at
    changes = (
        {"capacity_questioned_at": None, "capacity_noted_at": at}
        if fact.has_capacity
        else {"capacity_questioned_at": doubt or at, "capacity_noted_at": None}
    )
    return {"consenting": state.consenting.model_copy(update=changes)}
