"""Rules of questionnaires: what is recorded, scored and kept."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from schemas.commands import RecordMeasure
from schemas.facts import Fact, MeasureRecorded
from schemas.measures import Administration, Instrument, Score
from schemas.pathway import Pathway
from workflows.rules.instruments import add_up, change_of, needed, require_answerable, triage, validity
from workflows.rules.risk import signalled


def record_measure(state: Pathway, command: RecordMeasure, at: datetime) -> list[Fact]:
    """Whatever the answers are; what they mean follows from them."""
    return [measured(state, command.instrument, command.answers, at, "answers")]


def measured(
    state: Pathway, instrument: Instrument, answers: Mapping[str, int | None], at: datetime, field: str
) -> MeasureRecorded:
    """The fact that a questionnaire was answered at an instant.

    Raises:
        Refused: The answers are not those of the questionnaire; ``field`` is where they stand in what was sent.
    """
    require_answerable(state.protocol.instruments, instrument, answers, field)
    return MeasureRecorded(score=score_of(state, instrument, answers, at), answers=dict(answers))


def score_of(state: Pathway, instrument: Instrument, answers: Mapping[str, int | None], at: datetime) -> Score:
    """The scored result, beside the patient's earlier ones."""
    rules = state.protocol.instruments
    score = Score(instrument=instrument, taken_at=at)
    if rules is None:
        return score
    if (screener := rules.screeners.get(instrument)) is not None:
        recall = screener.ideation_recall_days.value if screener.ideation_recall_days is not None else None
        judged = {"level": triage(screener, answers), "missing": needed(screener, answers), "recall_days": recall}
        return score.model_copy(update=judged)
    scale = rules.scales[instrument]
    score = score.model_copy(update={**add_up(scale, answers), "recall_days": scale.recall_days.value})
    before = [one for one in state.measures if one.instrument is instrument]
    invalid = validity(scale, score, doses_of(state), before)
    change = change_of(scale, score, before) if invalid is None else None
    return score.model_copy(
        update={"valid_as_response": invalid is None, "not_valid_because": invalid, "change": change}
    )


def doses_of(state: Pathway) -> Iterator[datetime]:
    """Instants at which drug was given, as far as the state remembers them."""
    for session in (state.last_session, state.cycle.session):
        yield from (dose.given_at for dose in session.doses) if session is not None else ()
    if state.last_drug_at is not None:
        yield state.last_drug_at
    yield from state.recent_sessions_at
    if state.pace.first_session_at is not None:
        yield state.pace.first_session_at


def missing_baseline(state: Pathway) -> list[Instrument]:
    """Questionnaires that the protocol needs before a patient is found eligible, and that are not usable yet."""
    rules = state.protocol.instruments
    usable = {one.instrument for one in state.measures if one.usable}
    return [one for one in rules.baseline if one not in usable] if rules is not None else []


def measure_recorded(state: Pathway, fact: MeasureRecorded, at: datetime) -> dict[str, Any]:
    """Kept for those to come; a sign of suicide risk blocks dosing."""
    del at
    score = fact.score
    kept = Administration(
        instrument=score.instrument,
        taken_at=score.taken_at,
        usable=score.usable,
        valid_as_response=score.valid_as_response,
        total=score.total,
        safety_item=score.safety_item,
        level=score.level,
        before_treatment=all(score.taken_at < given_at for given_at in doses_of(state)),
    )
    return {"measures": (*state.measures, kept), "risk": signalled(state, score)}
