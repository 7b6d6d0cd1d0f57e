"""A mail server for scenarios: keeps every mail in memory, and refuses those of whoever's mail is to bounce."""

from __future__ import annotations

import asyncio
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from workers.stack.options import HOST


@dataclass
class PostOffice:
    """Mails as they came, by the address they went to."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    bouncing: set[str] = field(default_factory=set)
    """Addresses that do not exist any more, as their provider says."""

    # The names below are aiosmtpd's.

    async def handle_RCPT(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a recipient, or bounce."""
        del server, session, options
        if address in self.bouncing:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail."""
        del server, session
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        mail = message_from_bytes(content, EmailMessage, policy=email.policy.default)
        self.mails += [(address, mail) for address in envelope.rcpt_tos]
        return "250 OK"


@asynccontextmanager
async def post_office() -> AsyncIterator[PostOffice]:
    """A mail server on a free local port."""
    office = PostOffice()
    # The name is given because looking it up can take seconds.
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(office, hostname="localhost", enable_SMTPUTF8=True), HOST, 0
    )
    async with server:
        office.port = server.sockets[0].getsockname()[1]
        yield office
