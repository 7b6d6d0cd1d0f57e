"""Facts of the care team."""

from typing import Literal

from schemas.actors import Role, Seat
from schemas.base import Id, Instant, State
from schemas.facts.base import Fact
from schemas.team import Credential, Credentials, TeamChangeCause


class CareTeamChanged(Fact):
    """A place in the care team went from one person to another."""

    type: Literal["care_team_changed"] = "care_team_changed"
    seat: Seat
    left_id: Id | None
    joined_id: Id | None
    cause: TeamChangeCause
    practice_id: Id | None = None


class CoverNamed(Fact):
    """Somebody was named to stand in."""

    type: Literal["cover_named"] = "cover_named"
    seat: Seat
    person_id: Id
    starts_at: Instant
    ends_at: Instant


class CoverBegan(Fact):
    """Somebody stands in from now on."""

    type: Literal["cover_began"] = "cover_began"
    seat: Seat
    person_id: Id


class CoverEnded(Fact):
    """A cover is over, or was called off."""

    type: Literal["cover_ended"] = "cover_ended"
    seat: Seat
    person_id: Id


class SeriesContinued(Fact):
    """A physician decided that the series goes on with the changed team."""

    type: Literal["series_continued"] = "series_continued"


class CredentialsRecorded(Fact):
    """What a clinician holds was verified."""

    type: Literal["credentials_recorded"] = "credentials_recorded"
    credentials: Credentials


class CredentialEnding(Fact):
    """A credential that is needed ends soon."""

    type: Literal["credential_ending"] = "credential_ending"
    person_id: Id
    role: Role
    credential: Credential
    state: State | None = None
    ends_at: Instant


class CredentialLapsed(Fact):
    """A credential that is needed has ended."""

    type: Literal["credential_lapsed"] = "credential_lapsed"
    person_id: Id
    role: Role
    credential: Credential
    state: State | None = None
