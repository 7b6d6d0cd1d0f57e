"""What a pathway says about itself: to callers in full, to operators without anything about a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import CareTeam, Role, Seat
from schemas.answers import Check, CheckinStatus, MemberStatus, RiskStatus, SessionStatus, Status, TeamStatus
from schemas.checkins import OpenCheckin
from schemas.pathway import Pathway, Session
from schemas.records import PathwayView
from schemas.rounds import Accounts
from workflows.rules.checkins import asked
from workflows.rules.consents.standing import is_monitoring_only
from workflows.rules.credentials import Clinician, lacking, place_of_dose
from workflows.rules.deadlines import due
from workflows.rules.ending import ending
from workflows.rules.gate import gate
from workflows.rules.risk import level_of, still_to_clear, unassessed
from workflows.rules.slot import obstacles
from workflows.rules.standing import cautions, next_step, observation_ends, phase_of
from workflows.rules.team import SEATS, cover_of, holder, is_awaited, is_unprepared

CALM = "none"
HELD = "held"
OVERDUE = "overdue"
CANCELLATION = "cancellation"


def attention(state: Pathway) -> str:
    """Why an operator should look at the pathway."""
    if state.cancellation_requested_at is not None:
        return CANCELLATION
    if state.hold is not None or state.risk.blocked or is_monitoring_only(state):
        return HELD
    return OVERDUE if any(item.steps for item in state.work) else CALM


def checks_of(state: Pathway, at: datetime) -> tuple[Check, ...]:
    """The gate as it stands at ``at``; what is wrong is said only where something is."""
    return tuple(
        Check(name=check.name, passed=True)
        if check.passed
        else Check(
            name=check.name,
            passed=False,
            code=check.code,
            sentence=check.sentence,
            facts=dict(check.facts),
            lifted_by=check.lifted_by,
        )
        for check in gate(state, at)
    )


def status_of(state: Pathway, now: datetime, unwritten: int, unsent: int) -> Status:
    """Everything a caller may want to know at once."""
    checks = checks_of(state, now)
    return Status(
        pathway_id=state.pathway_id,
        phase=phase_of(state),
        version=state.version,
        now=now,
        protocol=state.protocol.name,
        next_step=next_step(state),
        cycle=state.cycle.number,
        sessions_given=state.sessions_given,
        sessions_planned=state.sessions_planned,
        consents=tuple(kind for kind, consent in state.consents.items() if consent.is_active),
        team=_team(state, now),
        approval=state.approval,
        session=_session(state, state.cycle.session),
        session_ahead=_session(state, state.cycle.ahead),
        dose_allowed=all(check.passed for check in checks),
        checks=checks,
        work=state.work,
        due=tuple(due(state)),
        risk=_risk(state),
        checkins=tuple(_checkins(state)),
        roadmap=state.roadmap,
        plan=state.integration.plan,
        cautions=cautions(state),
        unwritten_events=unwritten,
        unsent_messages=unsent,
        closure=state.closure,
    )


def _team(state: Pathway, now: datetime) -> TeamStatus | None:
    if state.care_team is None:
        return None
    return TeamStatus(
        members=tuple(_members(state, state.care_team, now)),
        departed=state.staffing.departed,
        preparation_awaited=is_unprepared(state),
        decision_awaited=is_awaited(state),
    )


def _members(state: Pathway, team: CareTeam, now: datetime) -> Iterator[MemberStatus]:
    """Places that somebody has, or that have to be filled."""
    roles = {seat: role for role, seat in SEATS.items()}
    for seat in Seat:
        role, cover = roles.get(seat), cover_of(state, seat)
        vacant = seat is Seat.THERAPIST and state.has_psychotherapy
        if team.seated(seat) is None and not vacant:
            continue
        acting = holder(state, role) if role in (Role.PHYSICIAN, Role.THERAPIST) else None
        asked = acting is not None and (role is Role.PHYSICIAN or state.has_psychotherapy)
        going_on = cover is not None and cover.began
        yield MemberStatus(
            seat=seat,
            person_id=team.seated(seat),
            practice_id=team.therapist_practice_id if seat is Seat.THERAPIST else None,
            covered_by=cover.person_id if cover is not None and going_on else None,
            covered_until=cover.ends_at if cover is not None and going_on else None,
            lacking=lacking(state, Clinician(acting, role), place_of_dose(state), now)
            if asked and acting is not None and role is not None
            else (),
        )


def _session(state: Pathway, session: Session | None) -> SessionStatus | None:
    if session is None:
        return None
    return SessionStatus(
        id=session.id,
        starts_at=session.starts_at,
        checked_in=session.checked_in_at is not None,
        doses=len(session.doses),
        discharged=session.discharged_at is not None,
        observation_ends_at=observation_ends(state, session),
        planned_until=_planned_until(state, session),
        obstacles=_obstacles(state, session),
        monitoring_only=session is state.cycle.session and is_monitoring_only(state),
        confirmed_at=session.confirmed_at,
    )


def _planned_until(state: Pathway, session: Session) -> datetime | None:
    if state.approval is None:
        return None
    planned = state.protocol.treatment(state.treatment).planned_min
    planned = planned or state.protocol.routes[state.approval.route].planned_min
    return session.starts_at + timedelta(minutes=planned[1]) if planned is not None else None


def _obstacles(state: Pathway, session: Session) -> tuple[str, ...]:
    if session.checked_in_at is not None:
        return ()
    return tuple(dict.fromkeys((*session.blocked_for, *obstacles(state, session.starts_at))))


def _risk(state: Pathway) -> RiskStatus | None:
    risk = state.risk
    if not risk.blocked:
        return None
    return RiskStatus(
        reasons=tuple(dict.fromkeys(signal.code for signal in risk.signals)),
        level=level_of(risk),
        since=min(signal.since for signal in risk.signals),
        assessed=not unassessed(risk),
        waits_for=still_to_clear(state),
    )


def _checkins(state: Pathway) -> Iterator[CheckinStatus]:
    if state.closure is not None:
        return
    for now_open, checkins in ((True, state.checkins.open), (False, state.checkins.planned)):
        for one in checkins:
            yield CheckinStatus(
                id=one.id,
                kind=one.kind,
                opens_at=one.opens_at,
                due_at=one.due_at,
                open=now_open,
                attempts=one.attempts if isinstance(one, OpenCheckin) else 0,
                measures=asked(state, one.kind)[0],
            )


def view_of(state: Pathway) -> PathwayView:
    """The row of the read model."""
    ahead = due(state)
    return PathwayView(
        phase=phase_of(state),
        protocol=state.protocol.name,
        cycle=state.cycle.number,
        sessions_given=state.sessions_given,
        sessions_planned=state.sessions_planned,
        next_due_at=ahead[0].at if ahead else None,
        next_due_reason=ahead[0].reason if ahead else None,
        opened_at=state.opened_at,
    )


def accounts_of(state: Pathway, unwritten: int, written_hash: str) -> Accounts:
    """What the pathway's records are compared with."""
    return Accounts(
        episode=state.episode,
        version=state.version,
        written=state.version - unwritten,
        written_hash=written_hash,
        view=view_of(state),
        work=state.work,
        endings=ending(state),
    )


def details_of(state: Pathway) -> str:
    """The page that the Temporal UI shows, in Markdown.

    It is readable without the key, so it is made of fixed words, counts, roles and instants only: no name, no
    identifier of a person, no dose and nothing anybody wrote.
    """
    lines = [
        f"**{phase_of(state).value.replace('_', ' ').capitalize()}**, cycle {state.cycle.number}, "
        f"{state.sessions_given} of {state.sessions_planned} sessions held",
        "",
        f"Next step: {next_step(state)}",
    ]
    if is_monitoring_only(state):
        lines += ["", "**Monitoring only.** The consent was withdrawn; nobody leaves before it is safe."]
    if state.hold is not None:
        lines += ["", "**On hold** until a physician decides."]
    if state.cancellation_requested_at is not None:
        lines += ["", "**Cancellation requested.** Care goes on until a human discontinues the pathway."]
    if state.work:
        lines += ["", "| Owed | By | Due (UTC) | Raised |", "|---|---|---|---|"]
        lines += [
            f"| {item.kind.value.replace('_', ' ')} | {item.owner_role.value} | {item.due_at:%Y-%m-%d %H:%M} "
            f"| {item.steps} |"
            for item in state.work
        ]
    ahead = due(state)
    if ahead:
        lines += ["", f"Next deadline: {ahead[0].at:%Y-%m-%d %H:%M} UTC, {ahead[0].reason.replace('_', ' ')}"]
    return "\n".join([*lines, "", f"Protocol {state.protocol.name}"])
