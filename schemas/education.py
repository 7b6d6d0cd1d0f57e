"""What a patient wanted to read, and what they were told of."""

from schemas.base import Id, Instant, Model


class Education(Model):
    """Nothing before the patient asks for it."""

    wanted_since: Instant | None = None
    told: tuple[Id, ...] = ()
    told_last_at: Instant | None = None
