"""Rules of work items as things that people act upon."""

from datetime import datetime

from schemas.commands import CloseWork
from schemas.facts import Fact, WorkItemClosed
from schemas.pathway import Pathway
from schemas.work import WorkItem
from workflows.rules.owed import owed
from workflows.rules.refusing import Refused, require


def close_work(state: Pathway, command: CloseWork, at: datetime) -> list[Fact]:
    """Only of what is not owed any more: what is owed would be opened again at once."""
    del at
    item = _open(state, command.item_id)
    still = any((one.kind, one.subject) == item.key for one in owed(state))
    require(not still, "work_still_owed", "The pathway still asks for this; it is closed by doing it.", "item_id")
    return [WorkItemClosed(item_id=item.id, kind=item.kind)]


def _open(state: Pathway, item_id: str) -> WorkItem:
    for item in state.work:
        if item.id == item_id:
            return item
    raise Refused("work_not_open", "No open work has this number; look at the pathway again.", "item_id")
