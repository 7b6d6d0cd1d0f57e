"""What humans owe, derived from the state: which work items are opened and closed, and who is told.

``owed`` says what is owed now; a difference to the open items becomes facts. So an item can neither be forgotten nor be
closed without its reason being gone, and its reason goes only by what a human did: see ``step.lapse``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from schemas.actors import Role
from schemas.appointments import Invitation
from schemas.facts import Fact, MessageRequested, WorkItemClosed, WorkItemOpened, WorkItemOverdue, WorkItemReassigned
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from schemas.protocol import WorkRule
from schemas.work import WorkItem, WorkKind
from workflows.rules.calendar import after_business_time
from workflows.rules.owed import Obligation, owed
from workflows.rules.standing import integration_window
from workflows.rules.team import holder, owner_of


def changes_of_work(state: Pathway, now: datetime, *, by_human: bool) -> Iterator[Fact]:
    """What brings the open items in line with what is owed, with the messages that causes.

    Work is closed only by what a named human did: what lost its reason by itself stays open, with its owner of now.
    """
    wanted = {(o.kind, o.subject): o for o in owed(state)}
    messages = state.messages_requested
    for item in state.work:
        if by_human and item.key not in wanted:
            yield WorkItemClosed(item_id=item.id, kind=item.kind)
        elif item.owner_id != (owner_id := _owner_now(state, item)):
            owned = item.model_copy(update={"owner_id": owner_id, "taken_over": None})
            yield WorkItemReassigned(item=owned, from_id=item.owner_id)
            told = list(_announced(state, messages, owned, (item.owner_role,)))
            messages += len(told)
            yield from told
    have = {item.key for item in state.work}
    numbers = iter(range(state.work_opened + 1, state.work_opened + 1 + len(wanted)))
    for obligation in wanted.values():
        if (obligation.kind, obligation.subject) in have:
            continue
        item = _opened(state, obligation, f"W{next(numbers)}", now)
        yield WorkItemOpened(item=item)
        told = list(_announced(state, messages, item, tuple(Role)))
        messages += len(told)
        yield from told


def _owner_now(state: Pathway, item: WorkItem) -> str | None:
    """Whoever took it over, unless they have left; else who has the place."""
    left = item.owner_id in state.staffing.departed
    return item.owner_id if item.taken_over and not left else owner_of(state, item.kind, item.owner_role)


def _announced(state: Pathway, requested: int, item: WorkItem, to: tuple[Role, ...]) -> Iterator[MessageRequested]:
    """Messages that tell of an item, to those of the rule's addressees who are meant."""
    rule = state.protocol.work_rule(item.kind)
    if rule.announced_by is not None:
        roles = tuple(role for role in rule.announced_to if role in to)
        yield from message_facts(state, requested, rule.announced_by, roles, item)


def _opened(state: Pathway, obligation: Obligation, item_id: str, now: datetime) -> WorkItem:
    rule = state.protocol.work_rule(obligation.kind)
    owner, priority = obligation.owner or rule.owner, obligation.priority or rule.priority
    due_at = obligation.due_at or _later(state, rule, obligation.due_from or now, rule.due)
    return WorkItem(
        id=item_id,
        kind=obligation.kind,
        subject=obligation.subject,
        owner_role=owner,
        owner_id=owner_of(state, obligation.kind, owner),
        opened_at=now,
        due_at=due_at,
        hard_limit=obligation.hard_limit,
        next_deadline=obligation.acknowledge_by
        or _later(state, rule, due_at, timedelta(hours=state.protocol.ladder_of(obligation.kind, priority).steps_h[0])),
        priority=priority,
        acknowledge_by=obligation.acknowledge_by,
    )


def _later(state: Pathway, rule: WorkRule, start: datetime, span: timedelta) -> datetime:
    """So much later: on business days where the rule asks for it."""
    if rule.business_days and state.protocol.business_days is not None:
        return after_business_time(start, span, state.protocol.business_days, state.zone)
    return start + span


def overdue(state: Pathway, item: WorkItem, now: datetime) -> Iterator[Fact]:
    """The next step of an item's ladder: somebody is told, the next deadline is set, nothing is closed."""
    rule, ladder = state.protocol.work_rule(item.kind), state.protocol.ladder_of(item.kind, item.priority)
    # An acknowledgement that is due stands before the ladder's own first step.
    before = 0 if item.acknowledge_by is None else 1
    step, deadline = item.steps, item.next_deadline
    # After an outage several steps may have passed; they are one reminder, not many.
    while deadline <= now:
        step += 1
        if step - before < len(ladder.steps_h):
            deadline = _later(state, rule, item.due_at, timedelta(hours=ladder.steps_h[step - before]))
        elif rule.business_days:
            deadline = _later(state, rule, deadline, ladder.repeat_every)
        else:
            repeated = (now - deadline) // ladder.repeat_every
            step, deadline = step + repeated, deadline + (repeated + 1) * ladder.repeat_every
    yield WorkItemOverdue(
        item_id=item.id, kind=item.kind, step=step, escalated_to=rule.escalates_to, next_deadline=deadline
    )
    owner = item.owner_role
    alone = step < ladder.escalates_at_step or owner is rule.escalates_to
    roles = (owner,) if alone else (owner, rule.escalates_to)
    backup = state.care_team.backup_physician_id if state.care_team and owner is Role.PHYSICIAN else None
    told = list(message_facts(state, state.messages_requested, rule.overdue_by, roles, item, backup))
    yield from told
    if rule.announced_by is not None and step - before <= len(ladder.steps_h):
        requested = state.messages_requested + len(told)
        yield from message_facts(state, requested, rule.announced_by, rule.reminded, item)


def message_facts(
    state: Pathway,
    requested: int,
    template: Template,
    roles: tuple[Role, ...],
    item: WorkItem,
    backup: str | None = None,
) -> Iterator[MessageRequested]:
    """One message per named person in ``roles`` about a work item, and to a backup physician if one is given."""
    session = state.cycle.session
    window = integration_window(state, session) if session and item.kind is WorkKind.HOLD_INTEGRATION_VISIT else None
    people = [(role, _addressee(state, role, item)) for role in roles]
    if backup is not None and (Role.PHYSICIAN, backup) not in people:
        people.append((Role.PHYSICIAN, backup))
    for role, to_id in people:
        if to_id is None:
            continue
        requested += 1
        yield MessageRequested(
            message=MessageRequest(
                id=f"{state.episode}-M{requested}",
                template=template,
                to_role=role,
                to_id=to_id,
                about=item.id,
                at=window[0] if window else item.due_at,
                until=window[1] if window else None,
                urgent=True if item.priority is not None and item.priority.is_pressing else None,
            )
        )


def _addressee(state: Pathway, role: Role, item: WorkItem) -> str | None:
    """Who is meant by ``role``: whoever owes the work, if it is theirs. The patient is known by the pathway's id."""
    if role is Role.PATIENT:
        return state.pathway_id
    return item.owner_id if role is item.owner_role else holder(state, role)


def work_item_opened(state: Pathway, fact: WorkItemOpened, at: datetime) -> dict[str, Any]:
    """The item is open."""
    del at
    return {"work": (*state.work, fact.item), "work_opened": state.work_opened + 1}


def work_item_closed(state: Pathway, fact: WorkItemClosed, at: datetime) -> dict[str, Any]:
    """The item is done; the journal remembers it."""
    del at
    return {"work": tuple(item for item in state.work if item.id != fact.item_id)}


def work_item_reassigned(state: Pathway, fact: WorkItemReassigned, at: datetime) -> dict[str, Any]:
    """The item has another owner."""
    del at
    return {"work": tuple(fact.item if item.id == fact.item.id else item for item in state.work)}


def work_item_overdue(state: Pathway, fact: WorkItemOverdue, at: datetime) -> dict[str, Any]:
    """The item stays open with its next deadline."""
    del at
    late = {"steps": fact.step, "next_deadline": fact.next_deadline}
    return {
        "work": tuple(item.model_copy(update=late) if item.id == fact.item_id else item for item in state.work),
    }


def message_requested(state: Pathway, fact: MessageRequested, at: datetime) -> dict[str, Any]:
    """Counted, so that every message has an id of its own; of an appointment, remembered as what was said last."""
    counted: dict[str, Any] = {"messages_requested": state.messages_requested + 1}
    said, message = fact.message.appointment, fact.message
    if said is None or message.at is None:
        return counted
    # What can still be said of an appointment: one ahead, or the one that is booked, which may be booked again.
    booked = state.cycle.session.id if state.cycle.session else None
    kept = (
        one
        for one in state.invitations
        if (one.starts_at > at or one.about in (booked, message.about)) and not one.is_for(message.about, message.to_id)
    )
    said_last = Invitation(
        about=message.about,
        to_role=message.to_role,
        to_id=message.to_id,
        starts_at=message.at,
        sequence=said.sequence,
        cancelled=said.cancelled,
    )
    return {**counted, "invitations": (*kept, said_last)}
