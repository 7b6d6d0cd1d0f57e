"""What the journal is written from, and the names of the activities that touch the world."""

from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Model
from schemas.events import Event
from schemas.pathway import Phase


class ActivityName(StrEnum):
    """Activities by the name under which workflows invoke them."""

    ADMIT_REFERRAL = "admit_referral"
    ADMIT_CLOCK = "admit_clock"
    ADMIT_PROTOCOL = "admit_protocol"
    WRITE_JOURNAL = "write_journal"
    COMPARE_IDENTITY = "compare_identity"
    PUT_CONTACT = "put_contact"
    DELIVER_MESSAGES = "deliver_messages"
    PAGE = "page"
    RECORD_PAGES = "record_pages"
    COLLECT_DIGESTS = "collect_digests"
    TAKE_INVENTORY = "take_inventory"


class TaskQueue(StrEnum):
    """Task queues, split by what their workers need."""

    PATHWAYS = "pathways"
    RECORDS = "records"
    OUTREACH = "outreach"
    PAGES = "pages"


class PathwayView(Model):
    """The row of the read model that tells where a pathway stands."""

    phase: Phase
    protocol: Id
    cycle: int
    sessions_given: int
    sessions_planned: int
    next_due_at: Instant | None
    next_due_reason: Id | None
    opened_at: Instant


class JournalBatch(Model):
    """Events in order, with the view they lead to."""

    pathway_id: Id
    episode: Id
    previous_hash: str = Field(description="Hash of the event before the first one of the batch.")
    events: tuple[Event, ...] = Field(min_length=1)
    view: PathwayView
