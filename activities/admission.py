"""The door before a pathway: who the person is as an opaque id, and which protocol and clock are admitted.

Needs no database, so that a referral is taken on while PostgreSQL is down.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.keyring import PERSON_INDEX, Keyring
from activities.protocols import load_protocol
from schemas.clock import Clock
from schemas.moving import Candidate
from schemas.records import ActivityName
from schemas.referral import Admission, Person, Referral
from schemas.refusals import Refusal

SIMULATION_NOT_ALLOWED: Final = "simulation_not_allowed"
PROTOCOL_UNSIGNED: Final = "protocol_unsigned"

_ID_LENGTH: Final = 26
"""Letters of base32: 130 bits, so that two people never share an id by chance."""


class AdmissionDesk:
    """Admits referrals. The protocol is read once: with a wrong file no worker starts, and none changes unseen."""

    def __init__(
        self, keyring: Keyring, protocol_name: str, *, allow_simulation: bool, allow_unsigned_protocol: bool
    ) -> None:
        """Read the protocol.

        Raises:
            ProtocolInvalid: The protocol cannot be used.
        """
        self._keyring = keyring
        self.protocol = load_protocol(protocol_name)
        """The one that referrals are admitted under."""
        self._allow_simulation = allow_simulation
        self._allow_unsigned_protocol = allow_unsigned_protocol

    @activity.defn(name=ActivityName.ADMIT_REFERRAL)
    async def admit_referral(self, referral: Referral) -> Admission:
        """The id of the person and the protocol they are enrolled under.

        Raises:
            ApplicationError: Of type ``simulation_not_allowed`` or ``protocol_unsigned``; not retried.
        """
        self._check_clock(referral.clock)
        self._check_signature(self.protocol.name, None, signed=self.protocol.signature is not None)
        return Admission(pathway_id=pathway_id_of(self._keyring, referral.patient), protocol=self.protocol)

    @activity.defn(name=ActivityName.ADMIT_CLOCK)
    async def admit_clock(self, clock: Clock) -> None:
        """Let a clock pass.

        Raises:
            ApplicationError: Of type ``simulation_not_allowed``; not retried.
        """
        self._check_clock(clock)

    @activity.defn(name=ActivityName.ADMIT_PROTOCOL)
    async def admit_protocol(self, candidate: Candidate) -> None:
        """Let a version of the protocol pass to which a pathway is to be moved.

        Raises:
            ApplicationError: Of type ``protocol_unsigned``; not retried.
        """
        self._check_signature(candidate.name, "protocol.signature", signed=candidate.signed)

    def _check_signature(self, name: str, field: str | None, *, signed: bool) -> None:
        if not (signed or self._allow_unsigned_protocol):
            raise _refused(PROTOCOL_UNSIGNED, field, f"No medical director has signed the protocol {name}.")

    def _check_clock(self, clock: Clock) -> None:
        if not (clock.is_real or self._allow_simulation):
            raise _refused(SIMULATION_NOT_ALLOWED, "clock", "Simulated time is not allowed here.")


def pathway_id_of(keyring: Keyring, person: Person) -> str:
    """The opaque id of a person: the same for the same names and birth date, however they are typed.

    A keyed hash: without the key nobody can find out whether a given person is a patient. Always of the oldest key, so
    the id outlives every rotation.
    """
    namesake = (person.namesake,) if person.namesake is not None else ()
    names = plain(person.given_name), plain(person.family_name)
    identity = "\x1f".join((*names, person.birth_date.isoformat(), *namesake))
    digest = hmac.digest(keyring.derive(PERSON_INDEX), identity.encode(), hashlib.sha256)
    return "p-" + base64.b32encode(digest).decode().lower()[:_ID_LENGTH]


def plain(name: str) -> str:
    """A name without differences of case, spacing (the separator counts as a space) and encoding of accents."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return " ".join(folded.split())


def _refused(code: str, field: str | None, sentence: str) -> ApplicationError:
    refusal = Refusal(code=code, field=field, sentence=sentence)
    return ApplicationError(sentence, refusal.model_dump(), type=code, non_retryable=True)
