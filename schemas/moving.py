"""What a move to another version of the protocol would change for one patient."""

from pydantic import Field

from schemas.actors import Role
from schemas.answers import Check
from schemas.base import Id, Instant, Line, Model
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Refusal
from schemas.work import WorkItem


class Candidate(Model):
    """A version of the protocol that workers are asked to let pass."""

    name: Id
    signed: bool


class CheckChange(Model):
    """A check of the next dose that would be met or not met, come or go, or be decided on other facts."""

    name: Id
    before: Check | None
    after: Check | None


class Shift(Model):
    """An instant that would move; None where there is none."""

    what: Id
    subject: Id
    before: Instant | None
    after: Instant | None


class Told(Model):
    """A message that would go out at once."""

    template: Template
    to_role: Role


class ValueChange(Model):
    """A value of the protocol that concerns this patient and differs; None where only the other version has it."""

    path: Line
    before: Line | None
    after: Line | None


class MovePreview(Model):
    """The dry run of a move: what it would lead to now. Nothing of it is recorded."""

    before: Id = Field(description="The version in force.")
    after: Id = Field(description="The version to go on under.")
    at: Instant
    refusal: Refusal | None = Field(default=None, description="Why the move would be refused; nothing else is said.")
    unsigned: bool = Field(default=False, description="Workers take it only where their settings allow it.")
    phase_before: Phase | None = None
    phase_after: Phase | None = None
    approval_suspended: tuple[Id, ...] = Field(default=(), description="Reasons for which the approval would be.")
    checks: tuple[CheckChange, ...] = ()
    work_opened: tuple[WorkItem, ...] = ()
    work_closed: tuple[WorkItem, ...] = ()
    consents_needed: tuple[Id, ...] = Field(default=(), description="Consents that would have to be recorded.")
    consents_spared: tuple[Id, ...] = Field(default=(), description="Consents no longer asked for.")
    labs: tuple[Shift, ...] = Field(default=(), description="Until when tests and the weight are good.")
    deadlines: tuple[Shift, ...] = ()
    messages: tuple[Told, ...] = ()
    values: tuple[ValueChange, ...] = ()
    other_values: int = Field(default=0, description="Values that differ and do not concern this patient.")
