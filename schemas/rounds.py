"""Clinic-wide rounds: what they are asked for, what pathways tell them, and what they find."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from pydantic import Field

from schemas.base import Id, Instant, Model
from schemas.messages import MessageRequest
from schemas.records import PathwayView
from schemas.work import WorkItem

CLINIC: Final = "clinic"
"""Stands where a pathway's id does, in messages that are about no single one."""


ROUND_PREFIX: Final = "round-"
"""Begins the ids of schedules and runs of rounds, which are no pathways."""

DIGEST_EVERY: Final = timedelta(minutes=15)
"""From one round of digests to the next: the offset of every time zone in use is a multiple of it."""


class RoundKind(StrEnum):
    """The rounds there are; each has a schedule of its own."""

    DIGEST = "digest"
    INVENTORY = "inventory"


def schedule_id(kind: RoundKind) -> str:
    """The schedule of a kind of round; its runs have the id and their time."""
    return f"{ROUND_PREFIX}{kind.value}"


class RoundOrder(Model):
    """Input of the ``ClinicRound`` workflow."""

    kind: RoundKind


class DigestOrder(Model):
    """Asks who is owed a digest at an instant."""

    at: Instant


class Digests(Model):
    """Digests that are due: each to one person, about one day."""

    messages: tuple[MessageRequest, ...]


class EndKind(StrEnum):
    """What ends by itself on a date."""

    CONSENT = "consent"
    APPROVAL = "approval"
    CREDENTIAL = "credential"
    DATED_RULE = "dated_rule"


class Ending(Model):
    """Something that ends by itself unless a human renews it."""

    kind: EndKind
    subject: Id = Field(description="Consent kind, approval id, role and credential, or the rule. Nobody's id.")
    ends_at: Instant


class Accounts(Model):
    """What a pathway says of itself to be compared with its records."""

    episode: Id
    version: int = Field(description="Number of its last event.")
    written: int = Field(description="Number of the last event that it knows to be in the journal.")
    written_hash: str
    view: PathwayView
    work: tuple[WorkItem, ...] = Field(description="Open work.")
    endings: tuple[Ending, ...]


class FindingCode(StrEnum):
    """How records and pathways may differ."""

    READ_MODEL_DIFFERED = "read_model_differed"
    JOURNAL_WAITS = "journal_waits"
    JOURNAL_SHORT = "journal_short"
    JOURNAL_AHEAD = "journal_ahead"
    JOURNAL_DIFFERS = "journal_differs"
    JOURNAL_DAMAGED = "journal_damaged"
    WORKFLOW_MISSING = "workflow_missing"
    WORKFLOW_SILENT = "workflow_silent"


class Finding(Model):
    """One pathway whose records and workflow differ, or differed."""

    pathway_id: Id
    code: FindingCode
    repaired: bool = Field(description="Whether it is in order again; if not, a human has to see to it.")


class InventoryReport(Model):
    """What an inventory saw."""

    pathways: int = Field(ge=0, description="Open ones that answered.")
    repaired: int = Field(ge=0)
    open: int = Field(ge=0, description="Findings that a human has to see to.")
    ending: int = Field(ge=0, description="What ends within the days that the protocol names.")


class RoundReport(Model):
    """What a round did: counts only."""

    kind: RoundKind
    due_at: Instant = Field(description="When the schedule meant it to happen.")
    digests: int | None = None
    inventory: InventoryReport | None = None
