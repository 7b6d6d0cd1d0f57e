"""Facts of the care team's thread."""

from typing import Literal

from schemas.actors import Role
from schemas.base import Id, Text
from schemas.consents import ReleaseScope
from schemas.facts.base import Fact
from schemas.work import Priority


class ThreadMessagePosted(Fact):
    """Somebody told others of the care team something."""

    type: Literal["thread_message_posted"] = "thread_message_posted"
    message_id: Id
    author_id: Id
    to: tuple[Role, ...]
    scope: ReleaseScope
    text: Text
    priority: Priority
    must_acknowledge: bool
    reply_to: Id | None = None


class ThreadMessageRevised(Fact):
    """The author put a new version in its place."""

    type: Literal["thread_message_revised"] = "thread_message_revised"
    message_id: Id
    version: int
    to: tuple[Role, ...]
    scope: ReleaseScope
    text: Text


class ThreadMessageAcknowledged(Fact):
    """Somebody for whom it is has read this version."""

    type: Literal["thread_message_acknowledged"] = "thread_message_acknowledged"
    message_id: Id
    version: int
    roles: tuple[Role, ...]
