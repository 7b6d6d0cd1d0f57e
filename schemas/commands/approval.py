"""Commands of the dosing approval: a physician's alone."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id
from schemas.commands.base import Command
from schemas.treatment import DrugRoute, Setting


class ApproveDosing(Command):
    """Approve dosing within limits, for a number of sessions and days. It supersedes the approval before it."""

    verb: ClassVar[str] = "approve_dosing"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {
        "route": "sublingual",
        "setting": "clinic",
        "max_dose_mg": 150,
        "sessions": 2,
        "valid_days": 30,
    }
    route: DrugRoute
    setting: Setting
    max_dose_mg: float = Field(gt=0, description="Most milligrams in one session, all doses together.")
    sessions: int = Field(ge=1)
    valid_days: int = Field(ge=1, description="Ends at the end of that day in the patient's zone.")


class RevokeApproval(Command):
    """Take back the approval in force; the next dose needs a new one."""

    verb: ClassVar[str] = "revoke_approval"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1"}
    approval_id: Id
