"""E-mail that says nothing about a person, handed to an SMTP server."""

from __future__ import annotations

import asyncio
import email.policy
import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from activities.outreach.calendar import calendar_object, method
from activities.outreach.ports import ChannelRefused, ChannelUnavailable, Parcel

GOODBYE_SECONDS: Final = 2.0
"""How long the server may take to say goodbye. The mail is delivered by then; waiting longer only delays the mark."""

_PLAIN_ADDRESS: Final = re.compile(r"""[^@\s()<>\[\]:;,\\"]+@[^@\s()<>\[\]:;,\\"]+""")
"""One mailbox without comment, group, list, quotation or name; letters beyond ASCII are allowed (RFC 6531)."""


AWAY: Final = "mail_server_unavailable"


class _OnOneLine(UnstructuredHeader, BaseHeader):
    """A header that is not folded: what is too long for a line would be encoded, and no mail program decodes addresses.

    The most that a line may have is said in RFC 5322, 2.1.1.
    """

    def fold(self, *, policy: email.policy.Policy) -> str:
        return super().fold(policy=policy.clone(max_line_length=998))


_HEADERS: Final = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OnOneLine)


class Mailer:
    """Composes and sends e-mail through one SMTP server.

    Args:
        host: The SMTP server.
        port: Its port.
        sender: Address in ``From``; its domain is used in ``Message-ID`` and greeting.
        username: For servers that want a login.
        password: For servers that want a login.
        start_tls: Whether to upgrade the connection with STARTTLS; a server that cannot counts as unavailable.
        timeout: Seconds that connecting and handing over one mail may take together.

    Raises:
        ValueError: ``sender`` is not an e-mail address.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        username: str | None = None,
        password: str | None = None,
        start_tls: bool = False,
        timeout: float = 20.0,
    ) -> None:
        self._host, self._port = host, port
        self._username, self._password, self._start_tls = username, password, start_tls
        self._timeout = timeout
        self._sender = _address(sender)

    async def carry(self, parcel: Parcel) -> str:
        """Send a message as one mail; returns its Message-ID.

        Raises:
            ChannelRefused: The address is malformed, or the server will not take it.
            ChannelUnavailable: See :meth:`send`.
        """
        mail = self.compose(parcel)
        await self.send(mail)
        return str(mail["Message-ID"])

    def compose(self, parcel: Parcel) -> EmailMessage:
        """The mail; nothing of the recipient but the address goes in.

        Raises:
            ChannelRefused: The address is malformed.
        """
        recipient, text = parcel.recipient, parcel.text
        try:
            to = _address(recipient.email)
        except ValueError:
            raise ChannelRefused("address_malformed") from None
        policy = email.policy.SMTP if recipient.email.isascii() else email.policy.SMTPUTF8
        mail = EmailMessage(policy.clone(header_factory=_HEADERS))
        mail["From"] = self._sender
        mail["To"] = to
        mail["Subject"] = text.subject
        mail["Date"] = datetime.now(UTC)
        mail["Message-ID"] = self._message_id(parcel.request.id)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: asks absence notes not to answer
        if text.unsubscribe is not None:
            mail["List-Unsubscribe"] = f"<{text.unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058: by one press in the mail program
        mail.set_content(text.body)
        request = parcel.request
        if request.appointment is not None and request.at is not None:
            entry = calendar_object(parcel, request.appointment, request.at, str(self._sender.addr_spec))
            mail.add_alternative(entry, subtype="calendar", params={"method": method(request.appointment)})
        return mail

    def _message_id(self, message_id: str) -> str:
        """The same for the same message, so that a mail sent again after a crash is recognised as the one it is."""
        return f"<{hashlib.sha256(message_id.encode()).hexdigest()[:32]}@{self._sender.domain}>"

    async def send(self, mail: EmailMessage) -> None:
        """Hand over one mail. Returning means that the server has taken it.

        Raises:
            ChannelRefused: The server will not take it, now or later.
            ChannelUnavailable: It was not taken this time, or nobody knows whether it was. Also where the server
                refuses *us* (login, sender, TLS): that is for operators to mend, and no recipient's fault.
        """
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._username,
            password=self._password,
            start_tls=self._start_tls,
            local_hostname=self._sender.domain,  # looking up our own name can take many seconds
            timeout=self._timeout,
        )
        try:
            async with asyncio.timeout(self._timeout):
                await _connect(client)
                await _hand_over(client, mail)
        except TimeoutError:
            # Reached or not, the next mail would very likely hang as long.
            raise ChannelUnavailable(AWAY, "timeout", reached=False, in_doubt=True) from None
        else:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=GOODBYE_SECONDS)
        finally:
            client.close()


def _address(text: str) -> Address:
    """An address that is one address and nothing more.

    Raises:
        ValueError: It is not. The text is not repeated.
    """
    if not _PLAIN_ADDRESS.fullmatch(text) or not text.isprintable():
        raise ValueError("not an e-mail address")
    username, domain = text.rsplit("@", 1)
    return Address(username=username, domain=domain)


async def _connect(client: aiosmtplib.SMTP) -> None:
    """Connect, encrypt and log in."""
    try:
        await client.connect()
    except aiosmtplib.SMTPResponseException as error:
        raise ChannelUnavailable(AWAY, f"SMTP {error.code} on connecting", reached=False) from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise ChannelUnavailable(AWAY, type(error).__name__, reached=False) from None


async def _hand_over(client: aiosmtplib.SMTP, mail: EmailMessage) -> None:
    """Envelope and content. Texts of the server's replies are dropped: they repeat addresses."""
    try:
        await client.send_message(mail)
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _refusal(error.recipients[0].code) from None
    except aiosmtplib.SMTPDataError as error:
        raise _refusal(error.code) from None
    except aiosmtplib.SMTPNotSupported:
        # The one feature that a mail of ours can ask for here: an address beyond ASCII.
        raise ChannelRefused("mail_refused", 550) from None
    except aiosmtplib.SMTPResponseException as error:
        raise ChannelUnavailable(AWAY, f"SMTP {error.code}", reached=True) from None
    except (aiosmtplib.SMTPServerDisconnected, ConnectionError) as error:
        raise ChannelUnavailable(AWAY, type(error).__name__, reached=True, in_doubt=True) from None


def _refusal(smtp_code: int) -> ChannelRefused | ChannelUnavailable:
    """What a reply about recipient or content means. 530 asks for a login, which is for operators to mend."""
    if 500 <= smtp_code < 600 and smtp_code != 530:
        return ChannelRefused("mail_refused", smtp_code)
    return ChannelUnavailable(AWAY, f"SMTP {smtp_code}", reached=True)
