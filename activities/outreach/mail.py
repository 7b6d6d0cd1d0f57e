"""E-mail that says nothing about a person: composed from packaged templates, handed to an SMTP server."""

from __future__ import annotations

import asyncio
import email.policy
import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import aiosmtplib
from jinja2 import PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from schemas.messages import Contact, MessageRequest, Template

TELLING: Final = re.compile(
    r"ketamin|dos(e|ing|age)|drug|medic|prescri|infus|lozenge|injection|psych|therap|mental|depress|anxi|trauma|ptsd"
    r"|suicid|phq|gad-?7|pcl-?5|score|diagnos",
    re.IGNORECASE,
)
"""What no e-mail may contain: a mailbox is read by others too, and its subject lines light up on locked screens."""

GOODBYE_SECONDS: Final = 2.0
"""How long the server may take to say goodbye. The mail is delivered by then; waiting longer only delays the mark."""

_PLAIN_ADDRESS: Final = re.compile(r"""[^@\s()<>\[\]:;,\\"]+@[^@\s()<>\[\]:;,\\"]+""")
"""One mailbox without comment, group, list, quotation or name; letters beyond ASCII are allowed (RFC 6531)."""


class NotComposable(Exception):
    """No mail can be made of this message; trying again makes none either."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailRefused(Exception):
    """The server refused this mail for good (5xx)."""

    def __init__(self, smtp_code: int) -> None:
        super().__init__(f"SMTP {smtp_code}")
        self.smtp_code = smtp_code


class MailServerUnavailable(Exception):
    """The mail was not taken now. It may be later.

    Attributes:
        reached: Whether the server could be talked to at all. If not, there is no point in trying the next mail.
    """

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(reason)
        self.reached = reached


class Mailer:
    """Composes and sends e-mail through one SMTP server. Templates are compiled here, so a missing one stops the start.

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
        environment = SandboxedEnvironment(
            loader=PackageLoader("activities.outreach"),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates = {template: environment.get_template(f"{template.value}.txt") for template in Template}

    def compose(self, request: MessageRequest, recipient: Contact, link: str) -> EmailMessage:
        """The mail for ``recipient``, with instants in the zone where they are now.

        Neither names nor anything else of the recipient but the address goes in.

        Args:
            request: What to say.
            recipient: Who gets it; the role chooses the wording.
            link: Where the detail waits, behind a login; see :func:`portal_link`.

        Raises:
            NotComposable: The template lacks something it needs, or the address is malformed.
        """
        zone = ZoneInfo(recipient.zone)
        instants = {"at": request.at, "until": request.until}
        shown = {name: local_time(instant, zone) for name, instant in instants.items() if instant is not None}
        try:
            text = self._templates[request.template].render(role=recipient.role.value, link=link, **shown)
        except TemplateError:
            raise NotComposable("template_failed") from None
        subject, body = text.split("\n", 1)

        try:
            to = _address(recipient.email)
        except ValueError:
            raise NotComposable("address_malformed") from None
        mail = EmailMessage(email.policy.SMTP if recipient.email.isascii() else email.policy.SMTPUTF8)
        mail["From"] = self._sender
        mail["To"] = to
        mail["Subject"] = subject.removeprefix("Subject: ")
        mail["Date"] = datetime.now(UTC)
        mail["Message-ID"] = self._message_id(request.id)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: asks absence notes not to answer
        mail.set_content(body)
        return mail

    def _message_id(self, message_id: str) -> str:
        """The same for the same message, so that a mail sent again after a crash is recognised as the one it is."""
        return f"<{hashlib.sha256(message_id.encode()).hexdigest()[:32]}@{self._sender.domain}>"

    async def send(self, mail: EmailMessage) -> None:
        """Hand over one mail. Returning means that the server has taken it.

        Raises:
            MailRefused: The server will not take it, now or later.
            MailServerUnavailable: It was not taken this time, or nobody knows whether it was. Also where the server
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
            raise MailServerUnavailable("timeout", reached=False) from None
        else:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=GOODBYE_SECONDS)
        finally:
            client.close()


def portal_link(portal_url: str, pathway_id: str, about: str) -> str:
    """Where the recipient finds what a message is about. An ``about`` that gives something away is left out."""
    parts = [pathway_id] if TELLING.search(about) else [pathway_id, about]
    return "/".join([portal_url.rstrip("/"), "p", *(quote(part, safe=":") for part in parts)])


def local_time(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as people in ``zone`` say it, such as ``Tue 12 Jan 2027, 10:00 MST``.

    The abbreviation tells the two passes through a repeated hour apart. Zones without one show their offset.
    """
    local = instant.astimezone(zone)
    name = local.strftime("%Z")
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {name if name.isalpha() else f'UTC{name}'}"


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
        raise MailServerUnavailable(f"SMTP {error.code} on connecting", reached=False) from None
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailServerUnavailable(type(error).__name__, reached=False) from None


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
        raise MailRefused(550) from None
    except aiosmtplib.SMTPResponseException as error:
        raise MailServerUnavailable(f"SMTP {error.code}", reached=True) from None
    except (aiosmtplib.SMTPServerDisconnected, ConnectionError) as error:
        raise MailServerUnavailable(type(error).__name__, reached=True) from None


def _refusal(smtp_code: int) -> MailRefused | MailServerUnavailable:
    """What a reply about recipient or content means. 530 asks for a login, which is for operators to mend."""
    if 500 <= smtp_code < 600 and smtp_code != 530:
        return MailRefused(smtp_code)
    return MailServerUnavailable(f"SMTP {smtp_code}", reached=True)
