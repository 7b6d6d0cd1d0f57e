"""What a new protocol has to have although an old one may lack it."""

from collections.abc import Iterator

from schemas.protocol.checks.problem import Problem
from schemas.protocol.document import Protocol
from schemas.work import WorkKind

NOT_MISSED = ("signature", "consent_kinds", "consent_version")
"""What a new protocol may lack: who signs it does so later, and its consents have a section of their own."""


def gaps(protocol: Protocol) -> Iterator[Problem]:
    """The dotted path of everything that is missing, with a sentence."""
    for name in Protocol.model_fields:
        if name not in NOT_MISSED and not getattr(protocol, name):
            yield Problem(name, "This section is missing.")
    for kind in WorkKind:
        if kind not in protocol.work:
            yield Problem(f"work.{kind.value}", "This kind of work has no owner and due time.")
