"""The pathway's clock: real time by default, or a simulated one that starts elsewhere and runs faster."""

from datetime import datetime, timedelta

from pydantic import Field

from schemas.base import Instant, Model


class Clock(Model):
    """Maps the engine's time to the pathway's time.

    The identity unless ``epoch`` or ``scale`` say otherwise; a worker refuses anything else unless its settings allow
    simulation, so that no patient's interval is ever shortened by accident.
    """

    epoch: Instant | None = Field(default=None, description="Pathway time at the anchor; None is real time.")
    scale: float = Field(default=1.0, gt=0, le=1_000_000, description="Pathway seconds that pass in one real second.")
    anchor: Instant | None = Field(default=None, description="Engine time at which the pathway's clock started.")
    grain_s: float | None = Field(
        default=None, gt=0, description="The clock shows whole steps of so many seconds; None shows every instant."
    )

    @property
    def is_real(self) -> bool:
        """Whether pathway time is real time."""
        return self.epoch is None and self.scale == 1.0

    def anchored(self, engine_now: datetime) -> "Clock":
        """The clock started at ``engine_now``; an anchored clock stays as it is."""
        return self if self.anchor is not None else self.model_copy(update={"anchor": engine_now})

    def now(self, engine_now: datetime) -> datetime:
        """Pathway time at ``engine_now``."""
        exact = self._exact(engine_now)
        if self.grain_s is None or self.epoch is None:
            return exact
        return exact - (exact - self.epoch) % timedelta(seconds=self.grain_s)

    def real_seconds_until(self, instant: datetime, engine_now: datetime) -> float:
        """Real seconds from ``engine_now`` until pathway time reaches ``instant``; never negative."""
        ahead: timedelta = instant - self._exact(engine_now)
        return max(0.0, ahead.total_seconds() / self.scale)

    def forwarded(self, instant: datetime, engine_now: datetime) -> "Clock":
        """The clock that shows ``instant`` at ``engine_now``, and goes on from there; never set back."""
        ahead = max(timedelta(0), instant - self._exact(engine_now))
        return self.model_copy(update={"epoch": (self.epoch or self.anchor or engine_now) + ahead})

    def _exact(self, engine_now: datetime) -> datetime:
        if self.is_real or self.anchor is None:
            return engine_now
        return (self.epoch or self.anchor) + (engine_now - self.anchor) * self.scale


class ForwardClock(Model):
    """Sets a simulated clock forward. Sent again, it changes nothing: an instant that is past stays past."""

    to: Instant = Field(description="Pathway time that the clock is to show.")


class Forwarded(Model):
    """What a simulated clock shows now: with many deadlines on the way, it is asked again until it is there."""

    now: Instant
