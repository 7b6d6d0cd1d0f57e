"""Commands of the supply at home."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import CLINICIANS, Role
from schemas.base import Id
from schemas.commands.base import Command


class ReleaseSupply(Command):
    """Let doses go to the patient's home, within the stage that the reports so far have reached."""

    verb: ClassVar[str] = "release_supply"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1", "doses": 1, "pdmp_checked": True}
    approval_id: Id
    doses: int = Field(ge=1, description="What this many sessions take.")
    pdmp_checked: bool = Field(description="The prescription drug monitoring programme was looked up for this release.")


class CountSupply(Command):
    """Tell how many unused doses are at the patient's home; the first count after a release confirms the receipt."""

    verb: ClassVar[str] = "count_supply"
    by: ClassVar[frozenset[Role]] = CLINICIANS | {Role.PATIENT}
    may_be_late: ClassVar[bool] = True
    after_the_end: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"doses": 1}
    doses: int = Field(ge=0)


class ReviewSupply(Command):
    """The physician's judgement of a count that differs from what should be there."""

    verb: ClassVar[str] = "review_supply"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
