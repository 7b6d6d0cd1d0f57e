"""A real SMTP server on 127.0.0.1 for tests, with the bad habits of real ones at hand."""

import asyncio
import email.policy
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Mail:
    """A mail that the server took, whether or not it could still say so."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, EmailMessage, policy=email.policy.default)

    @property
    def body(self) -> str:
        plain = self.message.get_body(("plain",))
        assert plain is not None
        return str(plain.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """Takes mail and keeps it; what else it does is set on its attributes, for the connections to come."""

    port: int
    mails: list[Mail] = field(default_factory=list)
    """What was taken, in order."""
    connections: int = 0
    """How often somebody said hello."""
    takes_unicode: bool = True
    """Whether addresses beyond ASCII can be written to."""
    sender_reply: str | None = None
    """Answers every ``MAIL FROM`` with this instead of taking the sender."""
    recipient_replies: dict[str, str] = field(default_factory=dict)
    """Answers ``RCPT TO`` for an address with this, for example ``451 4.7.1 try again later``."""
    data_reply: str | None = None
    """Answers the content with this instead of taking the mail."""
    drops_after_taking: int = 0
    """So many times, takes the mail and closes the connection without saying so."""
    pause: asyncio.Event | None = None
    """Keeps silent after the content came until this is set; then the mail is taken."""
    waiting: int = 0
    """How many mails wait for that."""
    _server: asyncio.Server | None = None

    async def up(self) -> None:
        """Listen. The port stays the same for life."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, HOST, self.port, reuse_port=True)

    def _session(self) -> SMTP:
        # The name is given because looking it up can take seconds.
        return SMTP(self, hostname="localhost", enable_SMTPUTF8=self.takes_unicode)

    def down(self) -> None:
        """Refuse connections."""
        assert self._server is not None
        self._server.close()

    def to(self, address: str) -> list[Mail]:
        """What was taken for one recipient."""
        return [mail for mail in self.mails if address in mail.recipients]

    # The names below are aiosmtpd's.

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_reply is not None:
            return self.sender_reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.recipient_replies:
            return self.recipient_replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_reply is not None:
            return self.data_reply
        if self.pause is not None:
            self.waiting += 1
            await self.pause.wait()
        self.mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), envelope.original_content or b""))
        if self.drops_after_taking > 0:
            self.drops_after_taking -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"


@asynccontextmanager
async def running_mail_server() -> AsyncIterator[MailServer]:
    """A server that listens on a port of its own."""
    # Bound but not listening: while the server is down, connections are refused and nobody else gets the port.
    with socket.socket() as placeholder:
        placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        placeholder.bind((HOST, 0))
        server = MailServer(placeholder.getsockname()[1])
        await server.up()
        try:
            yield server
        finally:
            if server.pause is not None:
                server.pause.set()
            server.down()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """A mail server for one test."""
    async with running_mail_server() as server:
        yield server
