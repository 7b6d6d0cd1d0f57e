"""Rules of referral and screening."""

from datetime import datetime
from typing import Any

from schemas.actors import Role
from schemas.commands import AcceptReferral, DecideScreening, DeclineReferral
from schemas.facts import (
    Fact,
    IdentityCompared,
    ReferralAccepted,
    ReferralDeclined,
    ReferralReceived,
    ScreeningDecided,
)
from schemas.pathway import Closure, End, Pathway
from schemas.referral import Enrolment
from workflows.rules.ends import ended
from workflows.rules.identity import require_settled
from workflows.rules.measures import missing_baseline
from workflows.rules.refusing import require
from workflows.rules.screening import require_screened


def open_pathway(enrolment: Enrolment, pathway_id: str, episode: str, now: datetime) -> tuple[Pathway, list[Fact]]:
    """The first state of an episode of care, and the facts that opened it."""
    state = Pathway(
        pathway_id=pathway_id,
        episode=episode,
        protocol=enrolment.protocol,
        opened_at=now,
        treatment=enrolment.treatment,
        setting=enrolment.setting,
        zone=enrolment.zone,
        residence=enrolment.residence,
    )
    received = ReferralReceived(
        referral_id=enrolment.referral_id,
        source=enrolment.source,
        setting=enrolment.setting,
        zone=enrolment.zone,
        residence=enrolment.residence,
        concern=enrolment.concern,
        goals=enrolment.goals,
        therapist_id=enrolment.therapist_id,
        treatment=enrolment.treatment,
        indications=enrolment.indications or None,
        therapist=enrolment.therapist,
        identity_pending=True if enrolment.comparison is None else None,
    )
    opening: list[Fact] = [received]
    if enrolment.comparison is not None and enrolment.comparison.matches:
        opening.append(IdentityCompared(matches=enrolment.comparison.matches))
    return state, opening


def accept_referral(state: Pathway, command: AcceptReferral, at: datetime) -> list[Fact]:
    """Once, and with a whole care team; a therapist who is to be found may join later, before the preparation."""
    del at
    require(state.care_team is None, "referral_already_accepted", "The referral was accepted before.")
    require_settled(state)
    _require_suitable(state, command)
    require(
        command.care_team.therapist_id or not state.has_psychotherapy or state.staffing.to_be_found,
        "therapist_missing",
        "This treatment needs a therapist.",
        "care_team.therapist_id",
    )
    return [ReferralAccepted(care_team=command.care_team)]


def _require_suitable(state: Pathway, command: AcceptReferral) -> None:
    """What the person is referred for is treated here that way; outside the list a physician takes it on."""
    rules = state.protocol.referral
    if rules is None or not state.indications:
        return
    covered = all(
        code in rules.indications and state.treatment in rules.indications[code].treatments
        for code in state.indications
    )
    require(
        covered or (command.actor.role is Role.PHYSICIAN and command.reason),
        "indication_not_covered",
        "The protocol does not offer this treatment for all of it; only a physician may accept it, with a reason.",
        treatment=state.treatment.value,
    )


def decline_referral(state: Pathway, command: DeclineReferral, at: datetime) -> list[Fact]:
    """Only while nobody has accepted it."""
    del command, at
    require(state.care_team is None, "referral_already_accepted", "The referral was accepted before.")
    return [ReferralDeclined()]


def decide_screening(state: Pathway, command: DecideScreening, at: datetime) -> list[Fact]:
    """A physician's decision, once."""
    del at
    require(state.care_team, "referral_not_accepted", "The referral has not been accepted yet.")
    require(state.eligible is None, "screening_already_decided", "The screening was decided before.")
    if command.eligible:
        require_screened(state)
        require(not state.risk.blocked, "suicide_risk", "A sign of suicide risk is not cleared.")
    missing = missing_baseline(state) if command.eligible else []
    require(
        not missing,
        "baseline_missing",
        "A questionnaire of the baseline is missing, or cannot be scored.",
        missing=", ".join(missing),
    )
    return [ScreeningDecided(eligible=command.eligible)]


def referral_accepted(state: Pathway, fact: ReferralAccepted, at: datetime) -> dict[str, Any]:
    """The care team is named."""
    del state, at
    return {"care_team": fact.care_team}


def referral_declined(state: Pathway, fact: ReferralDeclined, at: datetime) -> dict[str, Any]:
    """The pathway ends."""
    del fact
    return ended(state, Closure(end=End.DECLINED, at=at))


def screening_decided(state: Pathway, fact: ScreeningDecided, at: datetime) -> dict[str, Any]:
    """An ineligible patient's pathway ends, after the safety contact if one is owed."""
    over = {} if fact.eligible else ended(state, Closure(end=End.INELIGIBLE, at=at))
    return {"eligible": fact.eligible, **over}
