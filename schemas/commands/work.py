"""Commands about work items as such."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import STAFF, Role
from schemas.base import Id
from schemas.commands.base import Command


class CloseWork(Command):
    """Close work whose reason went by itself, as by an approval that expired. The reason says why nothing is left.

    What the pathway still owes is not closed so: it ends by being done.
    """

    verb: ClassVar[str] = "close_work"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"item_id": "W1"}
    item_id: Id = Field(description="The id of the item, `item_id` in `kap worklist --json`.")


class RemindOwner(Command):
    """Remind whoever owes work of it. Owner, due time and ladder stay as they are."""

    verb: ClassVar[str] = "remind_owner"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"item_id": "W1"}
    item_id: Id


class RequestHelp(Command):
    """Ask for help with work that one owes. It stays one's own, and its ladder goes on."""

    verb: ClassVar[str] = "request_help"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"item_id": "W1"}
    item_id: Id


class TransferWork(Command):
    """Offer work to a colleague in the same role. It is theirs once they accept; silence leaves it where it is."""

    verb: ClassVar[str] = "transfer_work"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"item_id": "W1", "to_id": "dr-thyme"}
    item_id: Id
    to_id: Id = Field(description="Who is asked to take it over.")


class AnswerTransfer(Command):
    """Accept or decline, as who is asked, work that somebody offers."""

    verb: ClassVar[str] = "answer_transfer"
    by: ClassVar[frozenset[Role]] = STAFF
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"item_id": "W1", "accepted": True}
    item_id: Id
    accepted: bool
