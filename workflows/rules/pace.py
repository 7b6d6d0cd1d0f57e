"""Rules of how close sessions follow each other: a therapist confirms it, and a physician reviews it later on."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import ConfirmPace, ReviewSpacing
from schemas.facts import Fact, PaceConfirmed, SpacingReviewed
from schemas.pace import Pace, SpacingReview
from schemas.pathway import Pathway
from schemas.treatment import ApprovalStatus
from workflows.rules.refusing import Refused, require

WEEK = timedelta(weeks=1)


def in_week_of(state: Pathway, at: datetime) -> int:
    """Sessions in the seven days up to ``at``, one at ``at`` included."""
    return 1 + sum(timedelta(0) <= at - session < WEEK for session in state.recent_sessions_at)


def began_at(state: Pathway) -> datetime | None:
    """The first session; for a pathway older than this record, the oldest that is remembered."""
    return state.pace.first_session_at or next(iter(state.recent_sessions_at), None)


def wants_confirmation(state: Pathway, at: datetime) -> bool:
    """Whether a session at ``at`` waits for the therapist's word on the pace."""
    rules, approval = state.protocol.pace, state.approval
    if rules is None or not state.has_psychotherapy or in_week_of(state, at) <= rules.confirmed_above_per_week.value:
        return False
    confirmed_at = state.pace.confirmed.get(approval.id) if approval is not None else None
    return confirmed_at is None or confirmed_at > at


def is_late_and_close(state: Pathway, at: datetime) -> bool:
    """Whether a session at ``at`` would be one of many in its week, too late in the series not to be reviewed."""
    rules, began = state.protocol.pace, began_at(state)
    if rules is None or began is None or at - began < _late(state):
        return False
    return in_week_of(state, at) >= rules.reviewed_from_per_week.value


def review_at(state: Pathway, at: datetime) -> SpacingReview | None:
    """The last review up to ``at``, while it counts."""
    known = [review for review in state.pace.reviews if review.at <= at < review.at + _late(state)]
    return known[-1] if known else None


def _late(state: Pathway) -> timedelta:
    rules = state.protocol.pace
    return timedelta(weeks=rules.reviewed_after_weeks.value) if rules is not None else timedelta(0)


def confirm_pace(state: Pathway, command: ConfirmPace, at: datetime) -> list[Fact]:
    """For the sessions of the approval in force; a later one is confirmed anew."""
    del at
    approval = state.approval
    require(state.has_psychotherapy, "no_psychotherapy", "Integration does not belong to this treatment.")
    if approval is None or approval.id != command.approval_id:
        raise Refused("approval_unknown", "This is not the pathway's latest approval.", "approval_id")
    stands = approval.status is ApprovalStatus.IN_FORCE
    require(stands, "approval_not_in_force", "The approval is not in force.", "approval_id")
    known = approval.id in state.pace.confirmed
    require(not known, "pace_already_confirmed", "The pace was confirmed for this approval before.", "approval_id")
    return [PaceConfirmed(approval_id=approval.id)]


def review_spacing(state: Pathway, command: ReviewSpacing, at: datetime) -> list[Fact]:
    """Once the series has gone on for so long, or a session is booked for then; before that it says nothing."""
    began, booked = began_at(state), state.cycle.session
    late = state.protocol.pace is not None and began is not None and at - began >= _late(state)
    require(
        late or (booked is not None and is_late_and_close(state, booked.starts_at)),
        "spacing_review_not_due",
        "The series has not gone on for long enough to review its pace.",
    )
    return [SpacingReviewed(go_on=command.go_on)]


def pace_confirmed(state: Pathway, fact: PaceConfirmed, at: datetime) -> dict[str, Any]:
    """From now on."""
    confirmed = {**state.pace.confirmed, fact.approval_id: at}
    return {"pace": state.pace.model_copy(update={"confirmed": confirmed})}


def spacing_reviewed(state: Pathway, fact: SpacingReviewed, at: datetime) -> dict[str, Any]:
    """From now on, and for a while."""
    reviews = (*state.pace.reviews, SpacingReview(at=at, go_on=fact.go_on))
    return {"pace": state.pace.model_copy(update={"reviews": reviews})}


def after_first_drug(state: Pathway, given_at: datetime) -> Pace:
    """The first session of all begins the series."""
    began = began_at(state) or given_at
    return state.pace.model_copy(update={"first_session_at": began})
