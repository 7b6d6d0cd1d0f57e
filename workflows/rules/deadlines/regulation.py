"""When the end of a dated rule is near."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.facts import Fact, TelemedicineEndNeared
from schemas.pathway import Pathway
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.regulation import is_over_video, telemedicine_ends_at


def _instants(state: Pathway) -> Iterator[tuple[datetime, str]]:
    rules = state.protocol.regulation
    if rules is not None and is_over_video(state) and state.regulatory.telemedicine_warned_at is None:
        ahead = timedelta(days=rules.telemedicine.warn_days_before.value)
        yield telemedicine_ends_at(state, rules) - ahead, "telemedicine"


def _lapsed(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del subject, now
    if (rules := state.protocol.regulation) is not None:
        yield TelemedicineEndNeared(ends_at=telemedicine_ends_at(state, rules))


TELEMEDICINE = Deadline("telemedicine_ends_soon", _instants, _lapsed)
"""Somebody plans a visit in person; nothing is cleared or stopped by it."""
