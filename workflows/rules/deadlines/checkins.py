"""When a check-in opens, and when an unanswered one becomes more urgent."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import CheckinDue, CheckinMissed, Fact, MissedStage
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline


def _opening(state: Pathway) -> Iterator[tuple[datetime, str]]:
    return ((one.opens_at, one.id) for one in state.checkins.planned)


def _opened(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield CheckinDue(checkin_id=subject)


def _calls(state: Pathway) -> Iterator[tuple[datetime, str]]:
    rules = state.protocol.checkins
    for one in state.checkins.open if rules is not None else ():
        if rules is not None and not one.call_owed and not one.called:
            yield one.due_at + timedelta(hours=rules.missed.human_call_h.value), one.id


def _call(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield CheckinMissed(checkin_id=subject, stage=MissedStage.HUMAN_CALL)


def _decisions(state: Pathway) -> Iterator[tuple[datetime, str]]:
    return ((one.welfare_at, one.id) for one in state.checkins.open if not one.welfare_owed)


def _decision(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del state, now
    yield CheckinMissed(checkin_id=subject, stage=MissedStage.WELFARE_DECISION)


OPENING = Deadline("checkin_opens", _opening, _opened)
"""A planned check-in is owed from then on."""

CALL = Deadline("checkin_call", _calls, _call)
"""The reminders were not answered; a human calls."""

WELFARE = Deadline("checkin_welfare", _decisions, _decision)
"""Nobody reached the patient; a clinician decides."""
