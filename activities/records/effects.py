"""What events do to work items and messages, in the words of the database's columns.

Only ids, kinds and instants are taken over: these rows stand in clear.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from schemas.events import Event
from schemas.facts import (
    Fact,
    MessageRequested,
    MessageWithdrawn,
    WorkHelpRequested,
    WorkItemClosed,
    WorkItemOpened,
    WorkItemOverdue,
    WorkItemReassigned,
    WorkReminded,
    WorkTransferAnswered,
    WorkTransferExpired,
    WorkTransferOffered,
)
from schemas.work import WorkTransfer

_OF_WORK: Final = frozenset({"opened", "overdue", "marked", "closed"})


def effects_of(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The effects in order, each with the number of its event; as JSON values."""
    return [{"seq": event.seq, **effect} for event in events if (effect := _effect(event)) is not None]


def work_effects(events: Iterable[Event]) -> str:
    """The effects on work items, from which the worklist can be made anew; as the JSON that the database takes."""
    return json.dumps([one for one in effects_of(events) if one["effect"] in _OF_WORK])


def _effect(event: Event) -> dict[str, Any] | None:
    fact: Fact = event.fact
    match fact:
        case WorkItemOpened() | WorkItemReassigned():
            # An item that is there already is written anew, with its new owner.
            item = fact.item
            return {
                "effect": "opened",
                "item_id": item.id,
                "kind": item.kind,
                "subject": item.subject,
                "owner_role": item.owner_role,
                "owner_id": item.owner_id,
                "opened_at": _iso(item.opened_at),
                "due_at": _iso(item.due_at),
                "hard_limit": _iso(item.hard_limit),
                "next_deadline": _iso(item.next_deadline),
                "steps": item.steps,
                "priority": item.priority,
                "acknowledge_by": _iso(item.acknowledge_by),
                "taken_over": item.taken_over,
                "reminded_at": _iso(item.reminded_at),
                **_offer(item.transfer),
            }
        case WorkItemOverdue():
            return {
                "effect": "overdue",
                "item_id": fact.item_id,
                "steps": fact.step,
                "next_deadline": _iso(fact.next_deadline),
            }
        case WorkReminded():
            return {"effect": "marked", "item_id": fact.item_id, "reminded_at": _iso(event.observed_at)}
        case WorkHelpRequested():
            return {"effect": "marked", "item_id": fact.item_id, "help_asked_at": _iso(event.observed_at)}
        case WorkTransferOffered():
            return {"effect": "marked", "item_id": fact.item_id, **_offer(fact.transfer)}
        case WorkTransferAnswered() | WorkTransferExpired():
            return {"effect": "marked", "item_id": fact.item_id, **_offer(None)}
        case WorkItemClosed():
            return {
                "effect": "closed",
                "item_id": fact.item_id,
                "closed_at": _iso(event.recorded_at),
                "closed_by": event.actor and event.actor.id,
                "closed_by_role": event.actor and event.actor.role,
            }
        case MessageRequested():
            message = fact.message
            return {
                "effect": "message",
                "message_id": message.id,
                "template": message.template,
                "to_role": message.to_role,
                "to_id": message.to_id,
                "about": message.about,
                "requested_at": _iso(event.recorded_at),
            }
        case MessageWithdrawn():
            return {"effect": "withdrawn", "message_id": fact.message_id}
        case _:
            return None


def _offer(transfer: WorkTransfer | None) -> dict[str, Any]:
    return {
        "offered_to": transfer and transfer.to_id,
        "offer_expires_at": _iso(transfer.expires_at if transfer is not None else None),
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
