"""Rules of who the person is: only one pathway of a person advances, and no machine says that two people are one."""

from datetime import datetime
from typing import Any

from schemas.commands import DecideMerge, ReviewRepeatedReferral
from schemas.facts import (
    Fact,
    IdentityCompared,
    MergeDecided,
    ReferralReceived,
    ReferralRepeated,
    RepeatedReferralReviewed,
)
from schemas.pathway import Closure, End, Pathway
from schemas.referral import Identity, Match, MergeOutcome, TherapistWish
from workflows.rules.ends import ended
from workflows.rules.refusing import Refused, require


def require_settled(state: Pathway) -> None:
    """Refuse to advance while it is open whether the person is in care on another pathway."""
    require(
        not state.identity.pending,
        "identity_not_compared",
        "The directory has not been searched for this person yet.",
    )
    undecided = state.identity.undecided
    require(
        not undecided,
        "merge_undecided",
        "This may be a person who is known already; a human decides that first.",
        matches=len(undecided),
    )


def decide_merge(state: Pathway, command: DecideMerge, at: datetime) -> list[Fact]:
    """About one match that is undecided. Of two pathways of one person only one advances."""
    del at
    match = next((one for one in state.identity.undecided if one.pathway_id == command.other_pathway_id), None)
    if match is None:
        raise Refused("match_unknown", "No match with this pathway is undecided.", "other_pathway_id")
    require(state.care_team is None, "referral_already_accepted", "The referral was accepted before.")
    here = command.outcome is MergeOutcome.SAME_PERSON_CONTINUE_HERE
    require(
        not (here and match.open),
        "other_pathway_open",
        "The person's other pathway is open; care goes on there.",
        "outcome",
    )
    return [MergeDecided(other_pathway_id=match.pathway_id, outcome=command.outcome)]


def review_repeated_referral(state: Pathway, command: ReviewRepeatedReferral, at: datetime) -> list[Fact]:
    """All that came so far."""
    del command, at
    require(state.identity.repeated, "no_repeated_referral", "No repeated referral waits to be read.")
    return [RepeatedReferralReviewed(referrals=state.identity.repeated)]


def referral_received(state: Pathway, fact: ReferralReceived, at: datetime) -> dict[str, Any]:
    """The pathway is open; what the referral says of the person is kept where decisions need it."""
    del at
    return {
        "identity": Identity(pending=bool(fact.identity_pending)),
        "indications": fact.indications or (),
        "staffing": state.staffing.model_copy(
            update={
                "own_therapist_id": fact.therapist_id,
                "to_be_found": fact.therapist is TherapistWish.TO_BE_FOUND,
            }
        ),
    }


def identity_compared(state: Pathway, fact: IdentityCompared, at: datetime) -> dict[str, Any]:
    """Each match waits for a human."""
    del at
    return _with(state, pending=False, undecided=fact.matches)


def merge_decided(state: Pathway, fact: MergeDecided, at: datetime) -> dict[str, Any]:
    """The match is decided; a second pathway of the same person ends, after the safety contact if one is owed."""
    left: tuple[Match, ...] = tuple(one for one in state.identity.undecided if one.pathway_id != fact.other_pathway_id)
    over = fact.outcome is MergeOutcome.SAME_PERSON_CONTINUE_THERE
    return {**_with(state, undecided=left), **(ended(state, Closure(end=End.DUPLICATE, at=at)) if over else {})}


def referral_repeated(state: Pathway, fact: ReferralRepeated, at: datetime) -> dict[str, Any]:
    """Somebody has to read it."""
    del fact, at
    return _with(state, repeated=state.identity.repeated + 1)


def repeated_referral_reviewed(state: Pathway, fact: RepeatedReferralReviewed, at: datetime) -> dict[str, Any]:
    """They were read."""
    del fact, at
    return _with(state, repeated=0)


def _with(state: Pathway, **changes: Any) -> dict[str, Any]:
    return {"identity": state.identity.model_copy(update=changes)}
