"""Rules of the care team: who has a place, who stands in, who has left, and what a change asks for."""

from datetime import datetime
from typing import Any

from schemas.actors import CareTeam, Role, Seat
from schemas.commands import ChangeCareTeam, Command, ContinueSeries, EndCover, NameCover, SignPreparationNote
from schemas.facts import CareTeamChanged, CoverBegan, CoverEnded, CoverNamed, Fact, SeriesContinued
from schemas.pathway import Pathway
from schemas.team import Cover, Handover, Staffing
from schemas.work import WorkKind
from workflows.rules.refusing import Refused, require

NEVER_EMPTY = (Seat.PHYSICIAN, Seat.COORDINATOR)
COVERED = (Seat.PHYSICIAN, Seat.THERAPIST, Seat.COORDINATOR)
"""Places that work is owed by, so that somebody may stand in for them."""

SEATS = {Role.PHYSICIAN: Seat.PHYSICIAN, Role.THERAPIST: Seat.THERAPIST, Role.COORDINATOR: Seat.COORDINATOR}
"""The place that work of a role goes to."""


def holder(state: Pathway, role: Role) -> str | None:
    """Who acts for a role now: whoever stands in, or the member of the team; None where nobody is named."""
    seat = SEATS.get(role)
    if state.care_team is None or seat is None:
        return None
    cover = cover_of(state, seat)
    return cover.person_id if cover is not None and cover.began else state.care_team.seated(seat)


def owner_of(state: Pathway, kind: WorkKind, role: Role) -> str | None:
    """Who owes work of a kind that is a role's: the on-call clinician first where the protocol says so."""
    team = state.care_team
    first = team.on_call_id if team is not None and state.protocol.work_rule(kind).on_call else None
    return first if first is not None and role is Role.PHYSICIAN else holder(state, role)


def is_awaited(state: Pathway) -> bool:
    """Whether dosing waits for the decision that the series goes on."""
    handover = state.staffing.handover
    return handover is not None and handover.continued_at is None


def is_unprepared(state: Pathway) -> bool:
    """Whether dosing waits for the new therapist's preparation."""
    handover = state.staffing.handover
    return handover is not None and handover.needs_preparation and handover.prepared_at is None


def require_still_there(state: Pathway, command: Command) -> None:
    """Refuse whoever has left the team, unless they tell late what they observed before."""
    left_at = state.staffing.departed.get(command.actor.id)
    if left_at is None or command.after_leaving:
        return
    told_of = getattr(command, "held_at", None) or command.observed_at
    before = command.may_be_late and told_of is not None and told_of < left_at
    require(
        before,
        "left_the_team",
        "Who has left the care team decides nothing any more; what they observed before may still be told.",
        "actor.id",
        left_at=left_at.isoformat(),
    )


def require_therapist(state: Pathway) -> None:
    """Refuse where psychotherapy belongs to the treatment and nobody is its therapist."""
    there = not state.has_psychotherapy or holder(state, Role.THERAPIST) is not None
    require(there, "therapist_missing", "The care team has no therapist.")


def require_new_therapist(state: Pathway, command: SignPreparationNote, at: datetime) -> None:
    """After a change of therapist the new one prepares, and signs."""
    handover = state.staffing.handover
    if handover is None or not is_unprepared(state):
        return
    named = command.actor.id == holder(state, Role.THERAPIST)
    require(named, "not_the_new_therapist", "The therapist changed; the new one prepares the patient.", "actor.id")
    since = at >= handover.since
    require(since, "prepared_before_change", "The preparation was held before the change.", "observed_at")


def change_care_team(state: Pathway, command: ChangeCareTeam, at: datetime) -> list[Fact]:
    """From whom it is believed to be to somebody else; only some places may stay empty."""
    del at
    held = _team(state).seated(command.seat)
    same = command.leaver_id == held
    require(same, "not_in_this_seat", "This person does not have the place; look at the team again.", "leaver_id")
    other = command.successor_id != held
    require(other, "already_in_this_seat", "Nothing would change by this.", "successor_id")
    filled = command.successor_id is not None
    require(
        filled or command.seat not in NEVER_EMPTY, "successor_missing", "This place is never empty.", "successor_id"
    )
    fits = command.practice_id is None or (filled and command.seat is Seat.THERAPIST)
    require(fits, "practice_not_a_therapists", "Only a therapist has a practice of their own here.", "practice_id")
    return [
        CareTeamChanged(
            seat=command.seat,
            left_id=held,
            joined_id=command.successor_id,
            cause=command.cause,
            practice_id=command.practice_id,
        )
    ]


def name_cover(state: Pathway, command: NameCover, at: datetime) -> list[Fact]:
    """For a place that work is owed by, for a span that is not over, and no two at once."""
    team, seat = _team(state), command.seat
    require(seat in COVERED, "seat_not_covered", "Nobody stands in for this place.", "seat")
    free = command.person_id != team.seated(seat)
    require(free, "already_in_this_seat", "This person has the place already.", "person_id")
    there = command.person_id not in state.staffing.departed
    require(there, "person_has_left", "This person has left the care team.", "person_id")
    starts_at = max(command.starts_at or at, at)
    require(command.ends_at > starts_at, "cover_over", "The cover would be over before it begins.", "ends_at")
    others = [one for one in state.staffing.covers if one.seat is seat]
    apart = all(one.ends_at <= starts_at or command.ends_at <= one.starts_at for one in others)
    require(apart, "cover_overlaps", "Somebody else stands in at that time.", "starts_at")
    named = CoverNamed(seat=seat, person_id=command.person_id, starts_at=starts_at, ends_at=command.ends_at)
    return [named, CoverBegan(seat=seat, person_id=command.person_id)] if starts_at <= at else [named]


def end_cover(state: Pathway, command: EndCover, at: datetime) -> list[Fact]:
    """Of the cover that goes on, or comes next."""
    del at
    cover = cover_of(state, command.seat)
    if cover is None:
        raise Refused("no_cover", "Nobody stands in for this place.", "seat")
    return [CoverEnded(seat=cover.seat, person_id=cover.person_id)]


def continue_series(state: Pathway, command: ContinueSeries, at: datetime) -> list[Fact]:
    """Once after each change of physician or therapist."""
    del command, at
    require(is_awaited(state), "no_change_to_decide_on", "No change of the care team waits for this decision.")
    return [SeriesContinued()]


def _team(state: Pathway) -> CareTeam:
    if state.care_team is None:
        raise Refused("referral_not_accepted", "The referral has not been accepted yet.")
    return state.care_team


def cover_of(state: Pathway, seat: Seat) -> Cover | None:
    """The cover that goes on, or else the next one."""
    return next((one for one in state.staffing.covers if one.seat is seat), None)


def care_team_changed(state: Pathway, fact: CareTeamChanged, at: datetime) -> dict[str, Any]:
    """Whoever has no place any more has left; a new physician or therapist takes over what goes on."""
    team = state.care_team
    if team is None:
        return {}
    changed: dict[str, Any] = {f"{fact.seat.value}_id": fact.joined_id}
    if fact.seat is Seat.THERAPIST:
        changed["therapist_practice_id"] = fact.practice_id
    after, staffing = team.model_copy(update=changed), state.staffing
    gone = {fact.left_id: at} if fact.left_id is not None and fact.left_id not in after.people else {}
    departed = {person: left for person, left in {**staffing.departed, **gone}.items() if person not in after.people}
    covers = tuple(one for one in staffing.covers if one.seat is not fact.seat and one.person_id not in departed)
    update: dict[str, Any] = {"departed": departed, "covers": covers}
    if fact.seat is Seat.THERAPIST:
        update |= {"offer": None, "candidates_exhausted": False}
    result: dict[str, Any] = {"care_team": after}
    session = state.cycle.session
    if fact.seat is Seat.THERAPIST and state.has_psychotherapy and (session is None or not session.doses):
        result["cycle"] = state.cycle.model_copy(update={"prepared_at": None, "preparation": ()})
    if fact.seat in (Seat.PHYSICIAN, Seat.THERAPIST) and _is_under_way(state):
        anew = fact.seat is Seat.THERAPIST and state.has_psychotherapy
        update["handover"] = Handover(since=at, needs_preparation=anew or is_unprepared(state))
    return {**result, "staffing": staffing.model_copy(update=update)}


def _is_under_way(state: Pathway) -> bool:
    """Whether the person who leaves has prepared or approved anything that a dose would rest on."""
    begun = state.sessions_given or state.cycle.prepared_at is not None or state.approval is not None
    return bool(begun) and state.series_continues


def cover_named(state: Pathway, fact: CoverNamed, at: datetime) -> dict[str, Any]:
    """Kept in the order in which covers begin."""
    del at
    cover = Cover(seat=fact.seat, person_id=fact.person_id, starts_at=fact.starts_at, ends_at=fact.ends_at)
    return _staffed(state, covers=tuple(sorted((*state.staffing.covers, cover), key=lambda one: one.starts_at)))


def cover_began(state: Pathway, fact: CoverBegan, at: datetime) -> dict[str, Any]:
    """New work goes to whoever stands in."""
    del at
    first = cover_of(state, fact.seat)
    covers = state.staffing.covers
    return _staffed(
        state, covers=tuple(one.model_copy(update={"began": True}) if one is first else one for one in covers)
    )


def cover_ended(state: Pathway, fact: CoverEnded, at: datetime) -> dict[str, Any]:
    """Work goes back."""
    del at
    first = cover_of(state, fact.seat)
    return _staffed(state, covers=tuple(one for one in state.staffing.covers if one is not first))


def series_continued(state: Pathway, fact: SeriesContinued, at: datetime) -> dict[str, Any]:
    """A physician has looked at the change."""
    del fact
    handover = state.staffing.handover
    return _staffed(state, handover=handover.model_copy(update={"continued_at": at})) if handover else {}


def after_preparation(state: Pathway, at: datetime) -> Staffing:
    """The team once a preparation note is signed: after a change of therapist it is the new one's."""
    staffing = state.staffing
    if staffing.handover is None or not is_unprepared(state):
        return staffing
    return staffing.model_copy(update={"handover": staffing.handover.model_copy(update={"prepared_at": at})})


def _staffed(state: Pathway, **changes: Any) -> dict[str, Any]:
    return {"staffing": state.staffing.model_copy(update=changes)}
