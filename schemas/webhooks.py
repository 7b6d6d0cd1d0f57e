"""What other services are told when something was recorded, and the file that says which services.

A notice says that there is something new on a pathway and where; never what, and nothing of a person.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import Url

from schemas.base import Id, Instant, Line, Model, ShortId
from schemas.facts import ALL_FACTS
from schemas.refusals import Unacceptable

FACT_TYPES: Final = frozenset(str(fact.model_fields["type"].default) for fact in ALL_FACTS)
"""What can be told of: the types of facts."""

EVERYTHING: Final = "all"


class NoticeData(Model):
    """Which entry of the journal a notice is about."""

    pathway_id: Id
    episode: Id
    seq: int = Field(gt=0, description="Number of the entry; the order in which things happened on the pathway.")
    fact: Id = Field(description="Type of the fact.")
    recorded_at: Instant = Field(description="When it was recorded, by the pathway's clock.")


class Notice(Model):
    """Body of a webhook (Standard Webhooks)."""

    type: Line = Field(description="``pathway.`` and the type of the fact.")
    timestamp: Instant = Field(description="When it was written down; the same each time the notice is sent.")
    data: NoticeData


def _safe_address(url: str) -> str:
    try:
        parts = Url(url)
    except ValueError:
        raise Unacceptable("it is no address") from None
    if parts.host is None or parts.username or parts.password or parts.fragment or not url.isascii():
        raise Unacceptable("write it as https://host/path, without user name and fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.host.strip("[]"))):
        raise Unacceptable("only https is taken, or http to this machine (127.0.0.1, ::1, localhost)")
    return url


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _known_type(name: str) -> str:
    if name not in FACT_TYPES:
        raise Unacceptable("there is no such type of fact; they are listed in schemas/published/event.json")
    return name


FactType = Annotated[str, AfterValidator(_known_type)]


class SecretSource(Model):
    """Where a secret is kept: a file (beside this one, unless its path begins with a slash) or the environment."""

    file: Line | None = None
    env: Line | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> SecretSource:
        if (self.file is None) == (self.env is None):
            raise Unacceptable("name either a file or a variable of the environment")
        return self


class SubscriberEntry(Model):
    """One service that is told."""

    id: ShortId
    url: Annotated[Line, AfterValidator(_safe_address)]
    secret: SecretSource
    types: Annotated[tuple[FactType, ...], Field(min_length=1)] | None = Field(description="None stands for all.")

    @field_validator("types", mode="before")
    @classmethod
    def _all(cls, given: Any) -> Any:
        if given is None or (isinstance(given, str) and given != EVERYTHING):
            raise Unacceptable(f"write {EVERYTHING}, or a list of types")
        if given == EVERYTHING:
            return None
        # What a validator returns is no JSON any more, of which a list would be taken for a tuple.
        return tuple(given) if isinstance(given, list) else given


class WebhooksFile(Model):
    """The whole file."""

    subscribers: tuple[SubscriberEntry, ...]

    @field_validator("subscribers")
    @classmethod
    def _distinct(cls, subscribers: tuple[SubscriberEntry, ...]) -> tuple[SubscriberEntry, ...]:
        if len({one.id for one in subscribers}) < len(subscribers):
            raise Unacceptable("two of them have the same id")
        return subscribers
