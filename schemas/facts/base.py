"""What facts share."""

from schemas.base import Model


class Fact(Model):
    """Something that happened. Each subclass names itself in ``type``, which the journal is read by."""

    type: str
