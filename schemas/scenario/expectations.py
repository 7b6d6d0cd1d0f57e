"""What a scenario expects to see, and never to see."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from schemas.base import Id, Line, Model, Text
from schemas.messages import Template
from schemas.pathway import Phase
from schemas.refusals import Unacceptable
from schemas.scenario.when import Moment
from schemas.work import Priority, WorkKind

Values = dict[str, Any]
"""Expected values by dotted path; ``"approval.status": expired``. An instant may be written as everywhere else."""


class OwedMatch(Model):
    """A piece of work; what is left out may be anything."""

    kind: WorkKind
    owner: Id | None = Field(default=None, description="A role, or a person.")
    subject: Id | None = None
    due: Moment | None = None
    next_deadline: Moment | None = None
    acknowledge_by: Moment | None = None
    steps: int | None = Field(default=None, description="Steps of its ladder taken so far.")
    priority: Priority | None = None


class SentMatch(Model):
    """A message that was delivered; what is left out may be anything."""

    template: Template | None = None
    to: Id | None = Field(default=None, description="A role, or a person.")
    at: Moment | None = Field(default=None, description="When it went.")
    local: str | None = Field(
        default=None,
        pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2} )?[0-2][0-9]:[0-5][0-9]$",
        description="When it went, on the clock of whoever gets it: 10:00, or with the day before it.",
    )
    channel: Id | None = None
    about: Id | None = None
    speaks_of: Moment | None = Field(default=None, description="The instant that it tells of.")
    says: Line | None = Field(default=None, description="A part of its text.")


class FactMatch(Model):
    """An event of the journal; what is left out may be anything."""

    fact: Id = Field(description="Type of the fact.")
    at: Moment | None = Field(default=None, description="When it was recorded.")
    observed: Moment | None = Field(default=None, description="When it happened.")
    by: Id | None = Field(default=None, description="A role, a person, or time.")
    where: Values = Field(default_factory=dict, description="Values of the fact, by dotted path.")


class RefusalMatch(Model):
    """A refusal; what is left out may be anything."""

    code: Id
    field: str | None = None
    facts: Values = Field(default_factory=dict)


class Expect(Model):
    """What is so after a step, and what happened since the step before."""

    since: Moment | None = Field(
        default=None, description="Look at what happened from then on, not from the step before."
    )
    phase: Phase | None = None
    dose_allowed: bool | None = None
    checks: dict[Id, Id] = Field(
        default_factory=dict, description='Checks of the next dose by name: "passed", or the code of what is wrong.'
    )
    approval: Values | None = Field(default=None, description="Values of the last approval.")
    status: Values = Field(default_factory=dict, description="Values of what kap status --json tells.")
    state: Values = Field(default_factory=dict, description="Values of the pathway's state.")
    owed: tuple[WorkKind | OwedMatch, ...] = Field(default=(), description="Work that is open.")
    not_owed: tuple[WorkKind | OwedMatch, ...] = Field(default=(), description="Work that is not open.")
    sent: tuple[Template | SentMatch, ...] = Field(default=(), description="Messages that went.")
    not_sent: tuple[Template | SentMatch, ...] = Field(default=(), description="Messages that did not go.")
    journal: tuple[Id | FactMatch, ...] = Field(default=(), description="Facts that were recorded, in this order.")
    not_journal: tuple[Id | FactMatch, ...] = Field(default=(), description="Facts that were not recorded.")


class Never(Model):
    """What must not be the case at any moment: one of the five kinds, over the whole timeline or a part of it."""

    because: Text | None = Field(default=None, description="Why not, for whoever reads the report.")
    since: Moment | None = None
    until: Moment | None = None
    sent: Template | SentMatch | None = None
    journal: Id | FactMatch | None = None
    owed: WorkKind | OwedMatch | None = None
    status: Values | None = None
    state: Values | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.sent, self.journal, self.owed, self.status, self.state)
        if sum(kind is not None for kind in kinds) != 1:
            raise Unacceptable("say exactly one of sent, journal, owed, status and state")
        return self
