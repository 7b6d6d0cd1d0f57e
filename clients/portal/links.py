"""Making, listing and revoking links, and what a link opens now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from activities.records.links import Links
from activities.tokens import TokenInvalid, make_token, open_token
from clients.client import KapClient
from clients.errors import (
    LINKS_NOT_IN_PROTOCOL,
    NOT_OF_ANOTHER_PRACTICE,
    NOT_READY,
    PATHWAY_CLOSED,
    UNKNOWN_LINK,
    UNKNOWN_PATHWAY,
    Refused,
    refused,
)
from clients.seeing import released_now
from clients.thread import Message, thread_of
from schemas.actors import Actor, Role, Seat
from schemas.answers import Status
from schemas.consents import ReleaseScope
from schemas.protocol import Protocol
from schemas.views import LinkRow

PURPOSE: Final = "portal-link"
"""Sub-key that seals links."""

JOURNALLED_WITHIN: Final = 3.0
"""Seconds that a page waits for the journal, which usually is written before anybody can ask."""

_ENDED: Final = frozenset({NOT_OF_ANOTHER_PRACTICE, UNKNOWN_PATHWAY, PATHWAY_CLOSED, "not_of_the_team"})
"""Codes after which a link opens nothing any more."""


class LinkEnded(Exception):
    """The link is none, has expired, was revoked, or opens nothing any more. It is not said which."""


class Opened(NamedTuple):
    """What a link opens: everything as of now."""

    link: LinkRow
    actor: Actor
    messages: tuple[Message, ...]
    scopes: Sequence[ReleaseScope]
    """What the patient's release covers now."""


class Desk:
    """Hands out links and opens them.

    Args:
        client: Asks the pathways and reads the journal.
        links: Where links are kept.
    """

    def __init__(self, client: KapClient, links: Links) -> None:
        self._client, self._links = client, links

    async def create(self, pathway_id: str, person_id: str, protocol: Protocol) -> tuple[LinkRow, str]:
        """A link for a pathway's therapist in another practice, and its token. The token is shown once: it is not kept.

        Raises:
            Refused: There is no such pathway, they are not its therapist of another practice, the protocol knows no
                links, or nobody answers.
        """
        days = protocol.thread.link_valid_days if protocol.thread is not None else None
        if days is None:
            sentence = "The protocol does not say for how long a link opens (thread.link_valid_days)."
            raise refused(LINKS_NOT_IN_PROTOCOL, sentence)
        await self._require_external(pathway_id, person_id)
        link = await self._client.asked(self._links.create(pathway_id, person_id, timedelta(days=days.value)))
        return link, make_token(self._client.cipher, PURPOSE, link.link_id.encode())

    async def revoke(self, link_id: str) -> LinkRow:
        """End a link at once.

        Raises:
            Refused: There is no such link, or PostgreSQL does not answer.
        """
        link = await self._client.asked(self._links.revoke(link_id))
        if link is None:
            raise refused(UNKNOWN_LINK, "There is no such link. List them with: kap link list PATHWAY", "link")
        return link

    async def of_pathway(self, pathway_id: str) -> list[LinkRow]:
        """Every link of a pathway, oldest first.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        return await self._client.asked(self._links.of_pathway(pathway_id))

    async def open(self, token: str) -> Opened:
        """What a link opens now: whoever has left, or is not released any more, sees it at once.

        Raises:
            LinkEnded: It opens nothing.
            Refused: Nobody answers.
        """
        try:
            link_id = open_token(self._client.cipher, PURPOSE, token).decode()
        except (TokenInvalid, UnicodeDecodeError):
            raise LinkEnded from None
        link = await self._client.asked(self._links.find(link_id))
        if link is None:
            raise LinkEnded
        try:
            await self._require_journalled(link)
            events = (await self._client.journal(link.pathway_id)).events
            told = thread_of(events, link.person_id)
        except Refused as problem:
            if problem.code in _ENDED:
                raise LinkEnded from problem
            raise
        scopes = released_now(events, link.person_id)
        # Seen once is not seen for ever here: what is not released now is not shown, except what they wrote themselves.
        shown = tuple(one for one in told if one.scope in scopes or one.author_id == link.person_id)
        actor = Actor(id=link.person_id, role=Role.THERAPIST)
        return Opened(link, actor, shown, [scope for scope in ReleaseScope if scope in scopes])

    async def used(self, link: LinkRow) -> None:
        """Note that something was said by a link. That it was only looked at says nothing: mail programs look, too.

        Raises:
            Refused: PostgreSQL does not answer.
        """
        await self._client.asked(self._links.used(link.link_id))

    async def _require_journalled(self, link: LinkRow) -> None:
        """Wait a moment for what was just said. A release that was taken back may be among what waits longer.

        Raises:
            Refused: The journal is behind: rather nothing is shown than too much. Or they have no place any more.
        """
        until = time.monotonic() + JOURNALLED_WITHIN
        while (await self._require_external(link.pathway_id, link.person_id)).unwritten_events:
            if time.monotonic() > until:
                raise refused(NOT_READY, "The journal is not up to date. Try again in a moment.")
            await asyncio.sleep(0.1)

    async def _require_external(self, pathway_id: str, person_id: str) -> Status:
        status = await self._client.status(pathway_id)
        members = status.team.members if status.team is not None else ()
        for one in members:
            if one.seat is Seat.THERAPIST and one.person_id == person_id and one.practice_id is not None:
                if status.closure is not None:
                    raise refused(PATHWAY_CLOSED, "The pathway is closed.", "pathway")
                return status
        sentence = "A link is for the pathway's therapist, if they have a practice of their own; this is somebody else."
        raise refused(NOT_OF_ANOTHER_PRACTICE, sentence, "for")
