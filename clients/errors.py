"""The one exception of the client, and the codes that are the client's own."""

from __future__ import annotations

from typing import Final

from schemas.refusals import Refusal

UNKNOWN_PATHWAY: Final = "unknown_pathway"
UNKNOWN_SUBSCRIBER: Final = "unknown_subscriber"
UNKNOWN_LINK: Final = "unknown_link"
NOT_OF_ANOTHER_PRACTICE: Final = "not_of_another_practice"
LINKS_NOT_IN_PROTOCOL: Final = "links_not_in_protocol"
PATHWAY_CLOSED: Final = "pathway_closed"
REFERRAL_ID_REUSED: Final = "referral_id_reused"
ENDED_BY_FORCE: Final = "ended_by_force"
SERVER_UNREACHABLE: Final = "server_unreachable"
WORKERS_UNREACHABLE: Final = "workers_unreachable"
DATABASE_UNREACHABLE: Final = "database_unreachable"
NOT_READY: Final = "not_ready"
TIMEOUT: Final = "timeout"
TOO_MANY_REQUESTS: Final = "too_many_requests"
ACCESS_DENIED: Final = "access_denied"
KEYRING_MISSING: Final = "keyring_missing"
KEYRING_UNUSABLE: Final = "keyring_unusable"
DATABASE_MISSING: Final = "database_missing"
DATABASE_REFUSED: Final = "database_refused"
JOURNAL_DAMAGED: Final = "journal_damaged"
DIRECTORY_DAMAGED: Final = "directory_damaged"
SERVER_ERROR: Final = "server_error"
UNEXPECTED_ANSWER: Final = "unexpected_answer"
TOO_LARGE: Final = "too_large"
DUPLICATE_FIELD: Final = "duplicate_field"
CONFLICTING_VALUE: Final = "conflicting_value"
MALFORMED_YAML: Final = "malformed_yaml"

Fact = str | int | float | bool | None
"""A value that a refusal may state."""


class Refused(Exception):
    """Something was not accepted, or could not be asked. The refusal says why and never quotes what was sent."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.sentence}")
        self.refusal = refusal

    @property
    def code(self) -> str:
        """The stable code to decide on."""
        return self.refusal.code


def refused(code: str, sentence: str, field: str | None = None, **facts: Fact) -> Refused:
    """The exception for a refusal of the client's own."""
    return Refused(Refusal(code=code, field=field, sentence=sentence, facts=facts))
