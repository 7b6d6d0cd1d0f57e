"""What the thread asks of people: to read what they are told, and to say so."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.thread import is_told


def owed(state: Pathway) -> Iterator[Obligation]:
    """An acknowledgement of the version that stands, by each whom the patient still lets be told."""
    rules = state.protocol.thread
    if rules is None:
        return
    for post in state.thread.posts:
        if not post.must_acknowledge:
            continue
        within = timedelta(minutes=rules.acknowledge_min[post.priority].value)
        for role in post.to:
            if role not in post.acknowledged and is_told(state, role, post.scope):
                yield Obligation(
                    WorkKind.ACKNOWLEDGE_MESSAGE,
                    f"{post.reference}-{role.value}",
                    due_at=post.said_at + within,
                    owner=role,
                    priority=post.priority,
                )
