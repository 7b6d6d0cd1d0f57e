"""Patients whom a message did not reach."""

from schemas.base import Id, Instant, Model
from schemas.messages import Template


class Unreached(Model):
    """A message that silence would have made unsafe, and that no channel brought to the patient."""

    message_id: Id
    template: Template
    since: Instant
