"""When a patient is told of something to read."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.facts import EducationDue, Fact, MessageRequested
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from workflows.rules.calendar import at_local_time
from workflows.rules.deadlines.deadline import Deadline
from workflows.rules.education import is_education_welcome, next_topic


def _topics(state: Pathway) -> Iterator[tuple[datetime, str]]:
    rules, since = state.protocol.education, state.education.wanted_since
    # Asked first: most patients want none of it, and instants are looked for after every step.
    if rules is None or since is None or not is_education_welcome(state) or (name := next_topic(state)) is None:
        return
    days = int(rules.topics[name].after_days.value)
    at = at_local_time(since, days, rules.at, state.zone)
    if at <= since:  # asked for later on that day
        at = at_local_time(since, days + 1, rules.at, state.zone)
    if (last := state.education.told_last_at) is not None:
        at = max(at, at_local_time(last, 1, rules.at, state.zone))
    yield at, name


def _due(state: Pathway, subject: str, now: datetime) -> Iterator[Fact]:
    del now
    yield EducationDue(topic=subject)
    yield MessageRequested(
        message=MessageRequest(
            id=state.next_message_id,
            template=Template.EDUCATION,
            to_role=Role.PATIENT,
            to_id=state.pathway_id,
            about=subject,
        )
    )


TOPIC = Deadline("education_due", _topics, _due)
"""One topic a day, in the protocol's order."""
