"""Rules of work items as things that people act upon: reminded of, helped with, handed on, and closed."""

from datetime import datetime, timedelta
from typing import Any

from schemas.actors import Role
from schemas.commands import AnswerTransfer, CloseWork, RemindOwner, RequestHelp, TransferWork
from schemas.facts import (
    Fact,
    MessageRequested,
    WorkHelpRequested,
    WorkItemClosed,
    WorkItemReassigned,
    WorkReminded,
    WorkTransferAnswered,
    WorkTransferExpired,
    WorkTransferOffered,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from schemas.protocol import ColleagueRules
from schemas.work import WorkItem, WorkTransfer
from workflows.rules.obligations import message_facts
from workflows.rules.owed import owed
from workflows.rules.refusing import Refused, require


def close_work(state: Pathway, command: CloseWork, at: datetime) -> list[Fact]:
    """Only of what is not owed any more: what is owed would be opened again at once."""
    del at
    item = _open(state, command.item_id)
    still = any((one.kind, one.subject) == item.key for one in owed(state))
    require(not still, "work_still_owed", "The pathway still asks for this; it is closed by doing it.", "item_id")
    return [WorkItemClosed(item_id=item.id, kind=item.kind)]


def remind_owner(state: Pathway, command: RemindOwner, at: datetime) -> list[Fact]:
    """Somebody else than oneself, and not again and again."""
    item, pause = _open(state, command.item_id), timedelta(hours=_rules(state).remind_again_h.value)
    owner = _owner(state, item)
    require(owner != command.actor.id, "own_work", "This is one's own work.", "item_id")
    again = item.reminded_at is None or at >= item.reminded_at + pause
    require(again, "reminded_recently", "Its owner was reminded a short while ago.", "item_id")
    message = _message(state, Template.WORK_REMINDER, item, item.owner_role, owner)
    return [WorkReminded(item_id=item.id), MessageRequested(message=message)]


def request_help(state: Pathway, command: RequestHelp, at: datetime) -> list[Fact]:
    """By the owner; whom the work escalates to is told, and a backup physician of a physician's work."""
    del at
    item = _open(state, command.item_id)
    require(_owner(state, item) == command.actor.id, "not_the_owner", "Somebody else owes this work.", "actor.id")
    team = state.care_team
    backup = team.backup_physician_id if team is not None and item.owner_role is Role.PHYSICIAN else None
    roles = (state.protocol.work_rule(item.kind).escalates_to,)
    told = message_facts(state, state.messages_requested, Template.HELP_NEEDED, roles, item, backup)
    others = [one for one in told if one.message.to_id != command.actor.id]
    require(others, "nobody_to_help", "Nobody else is named who could be asked.", "item_id")
    # Numbered anew: the owner may be among those whom the work escalates to.
    first = state.messages_requested + 1
    numbered = [
        MessageRequested(message=one.message.model_copy(update={"id": f"{state.episode}-M{number}"}))
        for number, one in enumerate(others, first)
    ]
    return [WorkHelpRequested(item_id=item.id), *numbered]


def transfer_work(state: Pathway, command: TransferWork, at: datetime) -> list[Fact]:
    """By its owner or a coordinator, to somebody who is there and has not got it."""
    item, stands = _open(state, command.item_id), timedelta(hours=_rules(state).transfer_stands_h.value)
    theirs = command.actor.id == _owner(state, item) or command.actor.role is Role.COORDINATOR
    require(theirs, "not_the_owner", "Its owner or a coordinator hands work on.", "actor.id")
    staff = item.owner_role is not Role.PATIENT
    require(staff, "patients_own_work", "What the patient is asked for is not handed on.", "item_id")
    require(item.transfer is None, "transfer_stands", "Somebody is being asked already.", "item_id")
    require(command.to_id != item.owner_id, "already_the_owner", "Nothing would change by this.", "to_id")
    there = command.to_id not in state.staffing.departed
    require(there, "person_has_left", "This person has left the care team.", "to_id")
    transfer = WorkTransfer(to_id=command.to_id, expires_at=at + stands)
    message = _message(state, Template.OFFER_WAITING, item, item.owner_role, transfer.to_id)
    ends = {"at": transfer.expires_at, "expires_at": transfer.expires_at}
    return [
        WorkTransferOffered(item_id=item.id, transfer=transfer),
        MessageRequested(message=message.model_copy(update=ends)),
    ]


def answer_transfer(state: Pathway, command: AnswerTransfer, at: datetime) -> list[Fact]:
    """By who is asked, while the offer stands. The work keeps its due time and its place on the ladder."""
    item = _open(state, command.item_id)
    transfer = item.transfer
    if transfer is None or at >= transfer.expires_at:
        raise Refused("transfer_over", "This work is not on offer any more.", "item_id")
    asked = (command.actor.id, command.actor.role) == (transfer.to_id, item.owner_role)
    require(asked, "not_the_one_asked", "Somebody else is being asked; only they can answer.", "actor.id")
    answered = WorkTransferAnswered(item_id=item.id, person_id=transfer.to_id, accepted=command.accepted)
    if not command.accepted:
        return [answered]
    taken = item.model_copy(update={"owner_id": transfer.to_id, "taken_over": True, "transfer": None})
    return [answered, WorkItemReassigned(item=taken, from_id=item.owner_id)]


def _open(state: Pathway, item_id: str) -> WorkItem:
    for item in state.work:
        if item.id == item_id:
            return item
    raise Refused("work_not_open", "No open work has this number; look at the pathway again.", "item_id")


def _rules(state: Pathway) -> ColleagueRules:
    rules = state.protocol.colleagues
    if rules is None:
        raise Refused("colleagues_not_in_protocol", "The protocol does not say how work is handed on.")
    return rules


def _owner(state: Pathway, item: WorkItem) -> str:
    owner = state.pathway_id if item.owner_role is Role.PATIENT else item.owner_id
    if owner is None:
        raise Refused("nobody_there", "Nobody holds the place that owes this now.", "item_id")
    return owner


def _message(state: Pathway, template: Template, item: WorkItem, role: Role, to_id: str) -> MessageRequest:
    number = state.messages_requested + 1
    return MessageRequest(
        id=f"{state.episode}-M{number}", template=template, to_role=role, to_id=to_id, about=item.id, at=item.due_at
    )


def work_reminded(state: Pathway, fact: WorkReminded, at: datetime) -> dict[str, Any]:
    """Remembered, so that it is not said again at once."""
    return _changed(state, fact.item_id, reminded_at=at)


def work_transfer_offered(state: Pathway, fact: WorkTransferOffered, at: datetime) -> dict[str, Any]:
    """Somebody is asked, and the owner still owes it."""
    del at
    return _changed(state, fact.item_id, transfer=fact.transfer)


def work_transfer_over(
    state: Pathway, fact: WorkTransferAnswered | WorkTransferExpired, at: datetime
) -> dict[str, Any]:
    """Nobody is asked any more."""
    del at
    return _changed(state, fact.item_id, transfer=None)


def _changed(state: Pathway, item_id: str, **changes: Any) -> dict[str, Any]:
    return {"work": tuple(one.model_copy(update=changes) if one.id == item_id else one for one in state.work)}
