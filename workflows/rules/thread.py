"""Rules of the care team's thread: said to places in the team, and read only by the word of who holds them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from schemas.actors import Role
from schemas.commands import AcknowledgeMessage, PostMessage, ReviseMessage
from schemas.consents import ReleaseScope
from schemas.facts import (
    Fact,
    MessageRequested,
    ThreadMessageAcknowledged,
    ThreadMessagePosted,
    ThreadMessageRevised,
)
from schemas.messages import MessageRequest, Template
from schemas.pathway import Pathway
from schemas.thread import Post
from schemas.work import Priority
from workflows.rules.outreach import covers
from workflows.rules.refusing import Refused, require
from workflows.rules.team import SEATS, holder

ADDRESSED: Final = tuple(SEATS)
"""Roles whose place in the team somebody holds, so that something can be said to them."""


def post_message(state: Pathway, command: PostMessage, at: datetime) -> list[Fact]:
    """To others who are there and whom the patient lets be told."""
    del at
    require(state.care_team is not None, "referral_not_accepted", "The referral has not been accepted yet.")
    require(state.protocol.thread, "thread_not_in_protocol", "The protocol does not say how soon messages are read.")
    written = command.priority is not Priority.EMERGENCY
    require(written, "emergency_is_declared", "Declare the emergency: then people are paged.", "priority")
    require(len(set(command.to)) == len(command.to), "addressed_twice", "Each place is named once.", "to")
    for role in command.to:
        fits = role in ADDRESSED
        require(fits, "not_addressable", "Messages are for physician, therapist or coordinator.", "to", role=role)
        person = holder(state, role)
        require(person, "nobody_there", "Nobody holds this place now.", "to", role=role)
        require(person != command.actor.id, "to_oneself", "This is the author's own place.", "to", role=role)
        told = is_told(state, role, command.scope)
        require(told, "not_released", "The patient's release does not cover telling them this.", "to", role=role)
    known = command.reply_to is None or state.thread.post(command.reply_to) is not None
    require(known, "message_unknown", "The thread has no message of this id.", "reply_to")
    posted = ThreadMessagePosted(
        message_id=f"C{len(state.thread.posts) + 1}",
        author_id=command.actor.id,
        to=command.to,
        scope=command.scope,
        text=command.text,
        priority=command.priority,
        must_acknowledge=command.must_acknowledge,
        reply_to=command.reply_to,
    )
    return [posted, *_notices(state, _post(posted, state.opened_at))]


def revise_message(state: Pathway, command: ReviseMessage, at: datetime) -> list[Fact]:
    """One's own; it is for the same places, who are told again."""
    del at
    post = _known(state, command.message_id)
    require(post.author_id == command.actor.id, "not_the_author", "Only its author revises a message.", "actor.id")
    revised = ThreadMessageRevised(
        message_id=post.id, version=post.version + 1, to=post.to, scope=post.scope, text=command.text
    )
    return [revised, *_notices(state, post.model_copy(update={"version": revised.version}))]


def acknowledge_message(state: Pathway, command: AcknowledgeMessage, at: datetime) -> list[Fact]:
    """By whoever holds a place that it is for, or stands in there; of the version that stands."""
    del at
    post = _known(state, command.message_id)
    current = command.version == post.version
    sentence = "Another version stands now; read that one."
    require(current, "other_version", sentence, "version", version=post.version)
    theirs = tuple(role for role in post.to if command.actor.id in _held_by(state, role))
    require(theirs, "not_addressed", "This message is for others.", "actor.id")
    told = any(is_told(state, role, post.scope) for role in theirs)
    require(told, "not_released", "The patient's release does not cover this message any more.", "message_id")
    fresh = tuple(role for role in theirs if role not in post.acknowledged)
    require(fresh, "acknowledged_already", "This version was acknowledged before.", "message_id")
    return [ThreadMessageAcknowledged(message_id=post.id, version=post.version, roles=fresh)]


def is_told(state: Pathway, role: Role, scope: ReleaseScope) -> bool:
    """Whether whoever holds a place may be told of this now."""
    person = holder(state, role)
    return person is not None and covers(state, role, person, scope)


def is_unread(state: Pathway, reference: str, role: Role) -> bool:
    """Whether a version stands and nobody has acknowledged it for this place."""
    return any(one.reference == reference and role not in one.acknowledged for one in state.thread.posts)


def _notices(state: Pathway, post: Post) -> Iterator[MessageRequested]:
    number = state.messages_requested
    for role in post.to:
        person = holder(state, role)
        if person is None:
            continue
        number += 1
        yield MessageRequested(
            message=MessageRequest(
                id=f"{state.episode}-M{number}",
                template=Template.THREAD_MESSAGE,
                to_role=role,
                to_id=person,
                about=post.reference,
                scope=post.scope,
                urgent=True if post.priority is Priority.URGENT else None,
            )
        )


def _held_by(state: Pathway, role: Role) -> tuple[str | None, ...]:
    """Who acts for a place: its member, and whoever stands in."""
    team = state.care_team
    return (holder(state, role), team.seated(SEATS[role]) if team is not None else None)


def _known(state: Pathway, message_id: str) -> Post:
    post = state.thread.post(message_id)
    if post is None:
        raise Refused("message_unknown", "The thread has no message of this id.", "message_id")
    return post


def _post(fact: ThreadMessagePosted, at: datetime) -> Post:
    return Post(
        id=fact.message_id,
        author_id=fact.author_id,
        to=fact.to,
        scope=fact.scope,
        priority=fact.priority,
        must_acknowledge=fact.must_acknowledge,
        said_at=at,
    )


def thread_message_posted(state: Pathway, fact: ThreadMessagePosted, at: datetime) -> dict[str, Any]:
    """It stands in the thread."""
    return {"thread": state.thread.model_copy(update={"posts": (*state.thread.posts, _post(fact, at))})}


def thread_message_revised(state: Pathway, fact: ThreadMessageRevised, at: datetime) -> dict[str, Any]:
    """The new version stands, which nobody has read."""
    return _changed(state, fact.message_id, version=fact.version, said_at=at, acknowledged=())


def thread_message_acknowledged(state: Pathway, fact: ThreadMessageAcknowledged, at: datetime) -> dict[str, Any]:
    """It was read for these places."""
    del at
    post = state.thread.post(fact.message_id)
    return _changed(state, fact.message_id, acknowledged=(*(post.acknowledged if post else ()), *fact.roles))


def _changed(state: Pathway, message_id: str, **changes: Any) -> dict[str, Any]:
    posts = (one.model_copy(update=changes) if one.id == message_id else one for one in state.thread.posts)
    return {"thread": state.thread.model_copy(update={"posts": tuple(posts)})}
