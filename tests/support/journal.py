"""Events as a pathway would hand them over: chained, with the view they lead to."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from schemas.actors import Actor, Role
from schemas.events import CHAIN_START, Event
from schemas.facts import Fact, MessageRequested, WorkItemClosed, WorkItemOpened, WorkItemOverdue
from schemas.messages import MessageRequest, Template
from schemas.pathway import Phase
from schemas.records import JournalBatch, PathwayView
from schemas.work import WorkItem, WorkKind

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROTOCOL = "kap-default:2026.11-1"
KIND = WorkKind.SCHEDULE_SESSION
COORDINATOR = Actor(id="staff-robin", role=Role.COORDINATOR)


def item(
    number: int,
    *,
    kind: WorkKind = KIND,
    owner: Role = Role.COORDINATOR,
    owner_id: str | None = None,
    due_h: float = 24,
) -> WorkItem:
    """A piece of work, opened at the start and due ``due_h`` hours later."""
    due_at = START + timedelta(hours=due_h)
    return WorkItem(
        id=f"W{number}",
        kind=kind,
        subject="cycle-1",
        owner_role=owner,
        owner_id=owner_id,
        opened_at=START,
        due_at=due_at,
        next_deadline=due_at,
    )


def opened(number: int) -> WorkItemOpened:
    """The fact that work number ``number`` was opened."""
    return WorkItemOpened(item=item(number))


def overdue(number: int, step: int) -> WorkItemOverdue:
    """The fact that a deadline of work number ``number`` passed; the next one is days later."""
    deadline = START + timedelta(days=1 + step)
    return WorkItemOverdue(
        item_id=f"W{number}", kind=KIND, step=step, escalated_to=Role.PHYSICIAN, next_deadline=deadline
    )


def requested(number: int) -> MessageRequested:
    """The fact that message number ``number`` was asked for."""
    return MessageRequested(
        message=MessageRequest(
            id=f"e-1-M{number}",
            template=Template.APPROVAL_REQUESTED,
            to_role=Role.PHYSICIAN,
            to_id="staff-ash",
            about="W1",
        )
    )


def closed(number: int) -> WorkItemClosed:
    """The fact that work number ``number`` was closed."""
    return WorkItemClosed(item_id=f"W{number}", kind=KIND)


def chain(
    facts: Iterable[Fact], *, actor: Actor | None = COORDINATOR, reason: str | None = None, salt: str = "c"
) -> list[Event]:
    """The events of an episode from its first one on, a minute apart."""
    events: list[Event] = []
    for seq, fact in enumerate(facts, start=1):
        at = START + timedelta(minutes=seq)
        event = Event.chained(
            events[-1].hash if events else CHAIN_START,
            seq=seq,
            fact=fact,
            actor=actor,
            reason=reason,
            observed_at=at - timedelta(seconds=30),
            recorded_at=at,
            command_id=f"{salt}-{seq}",
            protocol=PROTOCOL,
        )
        events.append(event)
    return events


def retold(events: list[Event], first: int, minutes: int) -> list[Event]:
    """The same past up to an event, and from there on other events, recorded so much later."""
    later = [event.recorded_at + timedelta(minutes=minutes) for event in events[first - 1 :]]
    past, hash_before = events[: first - 1], events[first - 2].hash if first > 1 else CHAIN_START
    for event, recorded_at in zip(events[first - 1 :], later, strict=True):
        changed = event.model_copy(update={"recorded_at": recorded_at, "fact": opened(event.seq + 50)})
        changed = changed.model_copy(update={"hash": changed.expected_hash(hash_before)})
        past, hash_before = [*past, changed], changed.hash
    return past


def batch(
    events: Sequence[Event],
    first: int = 1,
    last: int | None = None,
    *,
    pathway_id: str = "p-1",
    episode: str = "e-1",
    phase: Phase = Phase.SCREENING,
    opened_at: datetime = START,
) -> JournalBatch:
    """Events number ``first`` to ``last`` of a chain. The view's cycle tells which batch it came with."""
    last = len(events) if last is None else last
    return JournalBatch(
        pathway_id=pathway_id,
        episode=episode,
        previous_hash=events[first - 2].hash if first > 1 else CHAIN_START,
        events=tuple(events[first - 1 : last]),
        view=PathwayView(
            phase=phase,
            protocol=PROTOCOL,
            cycle=last,
            sessions_given=0,
            sessions_planned=6,
            next_due_at=START + timedelta(hours=last),
            next_due_reason="work_overdue",
            opened_at=opened_at,
        ),
    )
