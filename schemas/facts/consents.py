"""Facts of consent."""

from typing import Literal

from schemas.base import Id, Instant, Text
from schemas.consents import DocumentHash, ReleaseScope
from schemas.facts.base import Fact


class ConsentRecorded(Fact):
    """The patient signed a consent."""

    type: Literal["consent_recorded"] = "consent_recorded"
    kind: Id
    version: Id
    signed_at: Instant
    acknowledged: tuple[Id, ...] | None = None
    recipient: Id | None = None
    scope: tuple[ReleaseScope, ...] | None = None
    ends_at: Instant | None = None
    document_hash: DocumentHash | None = None


class ConsentWithdrawn(Fact):
    """The patient withdrew a consent; while drug acted, if a session is named."""

    type: Literal["consent_withdrawn"] = "consent_withdrawn"
    kind: Id
    session_id: Id | None = None


class ConsentRenewalDue(Fact):
    """A consent will expire before long."""

    type: Literal["consent_renewal_due"] = "consent_renewal_due"
    kind: Id
    expires_at: Instant


class ConsentExpired(Fact):
    """A consent reached its end."""

    type: Literal["consent_expired"] = "consent_expired"
    kind: Id


class PreparationVoided(Fact):
    """The patient left the treatment: what was prepared for the next dose does not count any more."""

    type: Literal["preparation_voided"] = "preparation_voided"
    cycle: int


class WithdrawalAcknowledged(Fact):
    """A physician took note that the patient withdrew while drug acted."""

    type: Literal["withdrawal_acknowledged"] = "withdrawal_acknowledged"


class ContinuationRecorded(Fact):
    """The patient said what goes on without the treatment."""

    type: Literal["continuation_recorded"] = "continuation_recorded"
    therapy: bool
    goes_on: dict[Id, bool]


class CapacityQuestioned(Fact):
    """A clinician doubts that the patient can consent."""

    type: Literal["capacity_questioned"] = "capacity_questioned"


class CapacityNoted(Fact):
    """A clinician judged the patient's capacity to consent."""

    type: Literal["capacity_noted"] = "capacity_noted"
    has_capacity: bool
    summary: Text
