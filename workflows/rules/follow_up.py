"""Rules of the physician's follow-up: after the first sessions, a long pause, or a grave event."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import RecordFollowUp
from schemas.facts import Fact, FollowUpRecorded
from schemas.pathway import Pathway
from workflows.rules.refusing import require


def record_follow_up(state: Pathway, command: RecordFollowUp, at: datetime) -> list[Fact]:
    """Once the patient is in the series."""
    del at
    require(state.eligible, "not_screened", "No physician has found the patient eligible.")
    return [FollowUpRecorded(summary=command.summary)]


def require_seen_again(state: Pathway, at: datetime) -> None:
    """A physician saw the patient after the sessions of the first approval, after a long pause, and a grave event."""
    last, seen = state.last_drug_at, state.last_follow_up_at
    visited = state.revisit_since is None or (seen is not None and seen >= state.revisit_since)
    require(visited, "follow_up_missing", "A physician has to see the patient again first.", paused=False)
    if state.protocol.approval.reevaluate_after_days is None or last is None:
        return
    again = seen is not None and seen > last and is_seen_after_pause(state, at)
    paused = is_paused(state, at)
    require(again, "follow_up_missing", "A physician has to see the patient again first.", paused=paused)


def is_paused(state: Pathway, at: datetime) -> bool:
    """Whether the last drug is so long ago that a physician sees the patient before another one."""
    rules, last = state.protocol.approval.reevaluate_after_days, state.last_drug_at
    return rules is not None and last is not None and at - last > timedelta(days=rules.value)


def is_seen_after_pause(state: Pathway, at: datetime) -> bool:
    """Whether no pause lies before ``at``, or a physician saw the patient once it was one, and not after ``at``."""
    seen = state.last_follow_up_at
    return not is_paused(state, at) or (seen is not None and seen <= at and is_paused(state, seen))


def follow_up_recorded(state: Pathway, fact: FollowUpRecorded, at: datetime) -> dict[str, Any]:
    """The patient was seen; one that is told late does not undo a later one."""
    del fact
    return {"last_follow_up_at": max(at, state.last_follow_up_at or at)}
