"""Drug that is at the patient's home: released, used, counted."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from schemas.base import Id, Instant, Model
from schemas.measures import Span


class SupplyChange(StrEnum):
    """Why the number of doses at home is another one, or known anew."""

    RELEASED = "released"
    USED = "used"
    COUNTED = "counted"


class SupplyEntry(Model):
    """One change. Doses are those released, used, or found; a dose is what one session takes."""

    at: Instant
    change: SupplyChange
    doses: int = Field(ge=0)
    approval_id: Id | None = None
    approval_status: Id | None = Field(default=None, description="Of a count: whether the approval stood then.")


class Supply(Model):
    """Everything that is known of the doses at home."""

    entries: tuple[SupplyEntry, ...] = Field(default=(), description="In the order of their instants.")
    unaccounted_since: Instant | None = Field(default=None, description="A count differs, and nobody judged it yet.")
    accounted: tuple[Span, ...] = Field(default=(), description="While counts differed that a physician judged.")

    def on_hand(self, at: Instant | None = None) -> int:
        """Doses at home, as of now or of an instant: what was last found, and what changed since."""
        doses = 0
        for entry in self.known(at):
            match entry.change:
                case SupplyChange.RELEASED:
                    doses += entry.doses
                case SupplyChange.USED:
                    doses -= entry.doses
                case SupplyChange.COUNTED:
                    doses = entry.doses
        return doses

    def last(self, change: SupplyChange, at: Instant | None = None) -> SupplyEntry | None:
        """The last entry of a kind, as of now or of an instant."""
        return next((entry for entry in reversed(self.known(at)) if entry.change is change), None)

    def is_counted(self, change: SupplyChange, at: Instant | None = None) -> bool:
        """Whether somebody counted since the last change of this kind."""
        last, counted = self.last(change, at), self.last(SupplyChange.COUNTED, at)
        return last is None or (counted is not None and counted.at >= last.at)

    def known(self, at: Instant | None = None) -> tuple[SupplyEntry, ...]:
        """Entries up to an instant."""
        return self.entries if at is None else tuple(entry for entry in self.entries if entry.at <= at)

    def is_accounted(self, at: Instant) -> bool:
        """Whether no difference waited for a physician at an instant."""
        open_ = self.unaccounted_since is not None and self.unaccounted_since <= at
        return not open_ and not any(span.since <= at < span.until for span in self.accounted)
