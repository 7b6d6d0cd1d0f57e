"""What the question who somebody is waits for."""

from collections.abc import Iterator

from schemas.pathway import Pathway
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation


def owed(state: Pathway) -> Iterator[Obligation]:
    """A decision on each match, and repeated referrals to be read."""
    identity = state.identity
    for match in identity.undecided:
        yield Obligation(WorkKind.DECIDE_MERGE, match.pathway_id)
    if identity.repeated:
        yield Obligation(WorkKind.REVIEW_REPEATED_REFERRAL, "referral")
