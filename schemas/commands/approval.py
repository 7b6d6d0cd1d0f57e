"""Commands of the dosing approval: a physician's alone."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import CLINICIANS, Role
from schemas.base import Id, Line, State, Text
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
        "pdmp_checked": True,
    }
    route: DrugRoute
    setting: Setting
    max_dose_mg: float = Field(gt=0, description="Most milligrams in one session, all doses together.")
    sessions: int = Field(ge=1)
    valid_days: int = Field(ge=1, description="Ends at the end of that day in the patient's zone.")
    max_single_mg: float | None = Field(default=None, gt=0, description="Most milligrams at once, if less.")
    booster_mg: float = Field(default=0, ge=0, description="Most milligrams of a second dose in the session; 0: none.")
    state_of_dosing: State | None = Field(default=None, description="The patient's residence unless another is given.")
    request_id: Id | None = Field(
        default=None, description="The work item that is answered; refused once that is closed, however late the click."
    )
    pdmp_checked: bool | None = Field(
        default=None, description="The prescription drug monitoring programme was looked up for this approval."
    )
    conditions: dict[Id, Line] | None = Field(
        default=None,
        min_length=1,
        max_length=10,
        description="What has to be confirmed before a dose, by code; as in bp-log: Blood pressure for 7 days at home.",
    )


class CountersignDosing(Command):
    """Agree, as a second prescriber, to a step that one physician may not take alone."""

    verb: ClassVar[str] = "countersign_dosing"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1"}
    approval_id: Id


class AcknowledgeDosePlan(Command):
    """State, by name, that this version of the dose plan was read."""

    verb: ClassVar[str] = "acknowledge_dose_plan"
    by: ClassVar[frozenset[Role]] = frozenset({Role.THERAPIST, Role.PATIENT})
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1"}
    approval_id: Id


class RecordFollowUp(Command):
    """Record that a physician saw the patient again: before a later approval, and after a long pause."""

    verb: ClassVar[str] = "record_follow_up"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    example: ClassVar[dict[str, Any]] = {"summary": "Two sessions tolerated well; goes on."}
    summary: Text


class RevokeApproval(Command):
    """Take back the approval in force; the next dose needs a new one."""

    verb: ClassVar[str] = "revoke_approval"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1"}
    approval_id: Id


class ConfirmCondition(Command):
    """State that a condition of the approval is met, and how that is known."""

    verb: ClassVar[str] = "confirm_condition"
    by: ClassVar[frozenset[Role]] = CLINICIANS
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"approval_id": "A1", "condition": "bp-log"}
    approval_id: Id
    condition: Id = Field(description="Its code in the approval.")
