"""Commands about work items as such."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
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
