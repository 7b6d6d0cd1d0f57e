"""Facts about what humans owe and what they are told."""

from typing import Literal

from schemas.actors import Role
from schemas.base import Id, Instant
from schemas.facts.base import Fact
from schemas.messages import MessageRequest
from schemas.work import WorkItem, WorkKind, WorkTransfer


class WorkItemOpened(Fact):
    """Somebody owes something."""

    type: Literal["work_item_opened"] = "work_item_opened"
    item: WorkItem


class WorkItemClosed(Fact):
    """The work was done, or its reason ended, by the act of a named human."""

    type: Literal["work_item_closed"] = "work_item_closed"
    item_id: Id
    kind: WorkKind


class WorkItemReassigned(Fact):
    """The work went over to another person; everything else about it stays as it was."""

    type: Literal["work_item_reassigned"] = "work_item_reassigned"
    item: WorkItem
    from_id: Id | None


class WorkItemOverdue(Fact):
    """A deadline of the work passed. Nothing was closed, and the next deadline stands."""

    type: Literal["work_item_overdue"] = "work_item_overdue"
    item_id: Id
    kind: WorkKind
    step: int
    escalated_to: Role
    next_deadline: Instant


class MessageRequested(Fact):
    """The pathway decided to tell somebody something."""

    type: Literal["message_requested"] = "message_requested"
    message: MessageRequest


class MessageWithdrawn(Fact):
    """The reason of a message was gone before it was sent."""

    type: Literal["message_withdrawn"] = "message_withdrawn"
    message_id: Id


class WorkReminded(Fact):
    """A colleague reminded the owner."""

    type: Literal["work_reminded"] = "work_reminded"
    item_id: Id


class WorkHelpRequested(Fact):
    """The owner asked for help and still owes it."""

    type: Literal["work_help_requested"] = "work_help_requested"
    item_id: Id


class WorkTransferOffered(Fact):
    """The work was offered to somebody else, who has not taken it yet."""

    type: Literal["work_transfer_offered"] = "work_transfer_offered"
    item_id: Id
    transfer: WorkTransfer


class WorkTransferAnswered(Fact):
    """Who was asked accepted or declined."""

    type: Literal["work_transfer_answered"] = "work_transfer_answered"
    item_id: Id
    person_id: Id
    accepted: bool


class WorkTransferExpired(Fact):
    """Who was asked did not answer in time, which is no answer: the owner still owes it."""

    type: Literal["work_transfer_expired"] = "work_transfer_expired"
    item_id: Id
    person_id: Id
