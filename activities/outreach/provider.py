"""Text messages and push: one REST provider for both, behind the same port as every channel.

``POST {url}/messages`` with a bearer token and an ``Idempotency-Key``, which is derived from the message alone: a
request that is sent again is the same message to the provider. The body is ``{"channel", "to", "text", "reference"}``;
the reference comes back in reports and replies. What else a vendor wants is for a small adapter in front of it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from activities.outreach.ports import ChannelRefused, ChannelUnavailable, Parcel
from schemas.messages import CONFIRMABLE, Channel, Language

AWAY: Final = "provider_unavailable"
REFUSED: Final = "provider_refused"

TIMEOUT_SECONDS: Final = 10.0
LONGEST_WAIT_SECONDS: Final = 600.0
"""A provider that asks for more is asked again after this time all the same: the reason may be gone by then."""

_OURS_TO_MEND: Final = frozenset({401, 402, 403, 404, 405, 407, 408, 425, 429})
"""Client errors that are no fault of the message: credentials, address of the provider, pace."""

_SAID_BEFORE: Final = 409
"""The provider knows the idempotency key: the message was taken when nobody heard the answer."""

CONFIRM_LINE: Final = {Language.ENGLISH: "Reply CONFIRM if it suits.", Language.SPANISH: "Responda CONFIRMAR si viene."}

STOP_LINE: Final = {
    Language.ENGLISH: "Reply STOP to end texts.",
    Language.SPANISH: "Responda STOP para no recibir más.",
}
"""What a text message owes its reader (CTIA; TCPA, 47 CFR 64.1200)."""


class Provider:
    """Hands text messages and push messages to a provider.

    Args:
        url: Base of its API.
        token: Bearer token.
        timeout: Seconds that one request may take.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = TIMEOUT_SECONDS) -> None:
        self._url = f"{url.rstrip('/')}/messages"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout

    def by(self, channel: Channel) -> ByProvider:
        """The carrier of one of its channels."""
        return ByProvider(self, channel)

    async def send(self, channel: Channel, to: str, text: str, reference: str) -> None:
        """Hand over one message. Returning means that it was taken, now or before.

        Raises:
            ChannelRefused: It is not taken, now or later.
            ChannelUnavailable: Not now, or nobody knows.
        """
        document = {"channel": channel.value, "to": to, "text": text, "reference": reference}
        headers = self._headers | {"Idempotency-Key": reference}
        try:
            # A client for each message: providers close idle connections, and there are few messages a minute.
            async with httpx.AsyncClient(timeout=self._timeout, trust_env=False) as client:
                answer = await client.post(self._url, json=document, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            raise ChannelUnavailable(AWAY, type(error).__name__, reached=False) from None
        except httpx.HTTPError as error:
            # The request may have arrived. Asking again with the same key tells.
            raise ChannelUnavailable(AWAY, type(error).__name__, reached=False, in_doubt=True) from None
        status = answer.status_code
        if answer.is_success or status == _SAID_BEFORE:
            return
        if answer.is_client_error and status not in _OURS_TO_MEND:
            raise ChannelRefused(REFUSED, status)
        wait = seconds_to_wait(answer.headers.get("retry-after"))
        in_doubt = not answer.is_client_error  # a gateway may have lost the answer of a provider that took it
        raise ChannelUnavailable(AWAY, f"HTTP {status}", reached=True, in_doubt=in_doubt, retry_after=wait)


class ByProvider:
    """One channel of a provider."""

    def __init__(self, provider: Provider, channel: Channel) -> None:
        self._provider = provider
        self._channel = channel

    async def carry(self, parcel: Parcel) -> str:
        """Hand a parcel over; see :meth:`Provider.send`."""
        recipient = parcel.recipient
        to = recipient.address(self._channel)
        if to is None:
            raise ChannelRefused("address_missing")
        text = parcel.text.short
        if self._channel is Channel.SMS:
            cancelled = parcel.request.appointment is not None and parcel.request.appointment.cancelled
            if parcel.request.template in CONFIRMABLE and not cancelled:
                text = f"{text} {CONFIRM_LINE[recipient.language]}"
            text = f"{text} {STOP_LINE[recipient.language]}"
        reference = reference_of(parcel.request.id, self._channel)
        await self._provider.send(self._channel, to, text, reference)
        return reference


def reference_of(message_id: str, channel: Channel) -> str:
    """What the provider knows a message by: the same for the same message, and an id of nothing else."""
    return hashlib.sha256(f"{channel.value}/{message_id}".encode()).hexdigest()[:32]


def seconds_to_wait(header: str | None) -> float | None:
    """What ``Retry-After`` asks for, as seconds or as a date; None where it says nothing that can be understood."""
    if header is None:
        return None
    try:
        seconds = float(header) if header.strip().isdecimal() else _seconds_until(parsedate_to_datetime(header))
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS)


def _seconds_until(instant: datetime) -> float:
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp() - datetime.now(UTC).timestamp()
