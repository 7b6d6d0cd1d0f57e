"""Commands about the care team: who joins and leaves, who stands in, and what was verified about them."""

from typing import Any, ClassVar

from pydantic import Field

from schemas.actors import Role, Seat
from schemas.base import Id, Instant
from schemas.commands.base import Command
from schemas.team import Credentials, TeamChangeCause


class ChangeCareTeam(Command):
    """Give a place in the care team to somebody else, or leave it empty. Open work goes over to the successor.

    Where the physician or the therapist changes in the course, no dose is given until the new therapist has prepared
    the patient and a physician has decided that the series goes on.
    """

    verb: ClassVar[str] = "change_care_team"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "seat": "therapist",
        "leaver_id": "th-fern",
        "successor_id": "th-birch",
        "cause": "departure",
    }
    seat: Seat
    leaver_id: Id | None = Field(default=None, description="Who has the place now; absent if it is empty.")
    successor_id: Id | None = Field(
        default=None, description="Who takes it; a therapist's place may stay empty, and blocks dosing."
    )
    cause: TeamChangeCause
    practice_id: Id | None = Field(default=None, description="An external therapist's own practice.")


class NameCover(Command):
    """Have somebody stand in for a member of the care team. Work goes to them while the cover lasts."""

    verb: ClassVar[str] = "name_cover"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "seat": "physician",
        "person_id": "dr-thyme",
        "ends_at": "2199-01-01T00:00:00Z",
    }
    seat: Seat
    person_id: Id
    starts_at: Instant | None = Field(default=None, description="Now, unless given.")
    ends_at: Instant


class EndCover(Command):
    """End a cover early, or call off the next one: the member of the team is there."""

    verb: ClassVar[str] = "end_cover"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR, Role.PHYSICIAN})
    after_the_end: ClassVar[bool] = True
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {"seat": "physician"}
    seat: Seat


class ContinueSeries(Command):
    """Decide, as a physician, that the series goes on after a change of physician or therapist."""

    verb: ClassVar[str] = "continue_series"
    by: ClassVar[frozenset[Role]] = frozenset({Role.PHYSICIAN})
    needs_reason: ClassVar[bool] = True


class RecordCredentials(Command):
    """Record what was verified about a clinician, and in the reason how. It replaces what was recorded before."""

    verb: ClassVar[str] = "record_credentials"
    by: ClassVar[frozenset[Role]] = frozenset({Role.COORDINATOR})
    needs_reason: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "credentials": {
            "person_id": "dr-sage",
            "role": "physician",
            "licences": {"CO": "2099-12-31"},
            "prescribing_until": "2099-12-31",
        }
    }
    credentials: Credentials
