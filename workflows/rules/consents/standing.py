"""Where the consents stand: readings of the state that several rules share."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.consents import Consent, ConsentUse
from schemas.pathway import Pathway
from schemas.protocol import ConsentNeed, ConsentRule
from schemas.treatment import ApprovalStatus, DrugRoute, Setting

BINDING = (ConsentUse.TREATMENT, ConsentUse.DOSING)
"""Consents that dosing itself rests on: an approval is bound to them."""


def needed(state: Pathway, setting: Setting, route: DrugRoute | None) -> Iterator[tuple[str, ConsentRule]]:
    """The kinds that a dose in a setting and by a route needs; by no route yet, if that is None."""
    team = state.care_team
    external = team is not None and team.therapist_practice_id is not None
    for kind, rule in state.protocol.consent_rules.kinds.items():
        match rule.needed:
            case ConsentNeed.EVERYBODY:
                wanted = True
            case ConsentNeed.HOME:
                wanted = setting is Setting.HOME
            case ConsentNeed.DRUG_ROUTE:
                wanted = route in rule.drug_routes
            case ConsentNeed.EXTERNAL_THERAPIST:
                wanted = external and state.has_psychotherapy
            case ConsentNeed.INDICATION:
                wanted = any(code in rule.indications for code in state.indications)
            case ConsentNeed.NOBODY:
                wanted = False
        if wanted:
            yield kind, rule


def stands(state: Pathway, kind: str, rule: ConsentRule) -> bool:
    """Whether the patient stands by it in its current version; a release also names the therapist of today."""
    consent = state.consents.get(kind)
    if consent is None or not consent.is_active or consent.version != rule.version:
        return False
    if rule.needed is ConsentNeed.EXTERNAL_THERAPIST and rule.covers is ConsentUse.RELEASE:
        return state.care_team is not None and consent.recipient == state.care_team.therapist_id
    return True


def missing_for(state: Pathway, setting: Setting, route: DrugRoute | None) -> list[str]:
    """Kinds that a dose in this setting and by this route needs and that do not stand."""
    return [kind for kind, rule in needed(state, setting, route) if not stands(state, kind, rule)]


def missing_consents(state: Pathway) -> list[str]:
    """Kinds that the dose needs which is planned as things stand, and that do not stand."""
    return missing_for(state, *planned(state))


def planned(state: Pathway) -> tuple[Setting, DrugRoute | None]:
    """Setting and route of the next dose: as booked, else as approved, else as wished."""
    approval, session = state.approval, state.cycle.session
    if approval is not None and approval.status not in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED):
        approval = None
    setting = approval.setting if approval is not None else state.setting
    return session.setting if session is not None else setting, approval.route if approval is not None else None


def bound_consents(state: Pathway, setting: Setting, route: DrugRoute) -> tuple[str, ...]:
    """What an approval for this setting and route is bound to, as kind and version, sorted."""
    binding = (kind for kind, rule in needed(state, setting, route) if rule.covers in BINDING)
    return tuple(sorted(state.consents[kind].name for kind in binding if kind in state.consents))


def standing_consents(state: Pathway) -> frozenset[str]:
    """Every consent that is active, as kind and version."""
    return frozenset(consent.name for consent in state.consents.values() if consent.is_active)


def expires_at(state: Pathway, consent: Consent) -> datetime | None:
    """When a consent ends by itself: by the protocol's time, or earlier by the patient's own wish."""
    lasts = state.protocol.consent_rules.valid_days
    ends = [] if lasts is None else [consent.signed_at + timedelta(days=lasts.value)]
    return min([*ends, consent.ends_at] if consent.ends_at is not None else ends, default=None)


def cooling_off_ends(state: Pathway, setting: Setting, route: DrugRoute | None) -> datetime | None:
    """Until when no first dose is given after the consents with a cooling-off period; None where there is none."""
    rules = state.protocol.consent_rules
    if rules.cooling_off_h is None:
        return None
    signed = [
        state.consents[kind].began_at
        for kind, rule in needed(state, setting, route)
        if rule.cooling_off and stands(state, kind, rule)
    ]
    return max(signed) + timedelta(hours=rules.cooling_off_h.value) if signed else None


def capacity_doubtful_until(state: Pathway, instant: datetime) -> datetime | None:
    """If drug was given within the protocol's time before an instant: when that time is over."""
    hours = state.protocol.consent_rules.capacity_h
    if hours is None:
        return None
    window = timedelta(hours=hours.value)
    return max((given + window for given in _drug_instants(state) if given <= instant < given + window), default=None)


def _drug_instants(state: Pathway) -> Iterator[datetime]:
    yield from state.recent_sessions_at
    for session in (state.last_session, state.cycle.session):
        yield from (dose.given_at for dose in (session.doses if session is not None else ()))


def has_left(state: Pathway) -> bool:
    """Whether the patient withdrew from the treatment itself, and has not signed for it anew."""
    kinds = state.protocol.consent_rules.kinds
    return any(
        consent.withdrawn_at is not None and kind in kinds and kinds[kind].covers is ConsentUse.TREATMENT
        for kind, consent in state.consents.items()
    )


def is_monitoring_only(state: Pathway) -> bool:
    """Whether drug acts in a patient who withdrew what the session rests on: observation goes on, nothing else."""
    session = state.cycle.session
    if session is None or not session.in_progress:
        return False
    withdrawn = {kind for kind, consent in state.consents.items() if consent.withdrawn_at is not None}
    rests_on = needed(state, session.setting, session.doses[-1].route)
    return any(kind in withdrawn for kind, rule in rests_on if rule.covers in BINDING)


def integration_goes_on(state: Pathway) -> bool:
    """Whether the integration visit is owed: not while a patient who left was not asked, or does not want it."""
    withdrawal = state.consenting.withdrawal
    return withdrawal is None or withdrawal.therapy is True


def wants_messages(state: Pathway) -> bool:
    """Whether e-mail, text and push may be used: for reminders (HIPAA: treatment), until the patient says no."""
    for kind, rule in state.protocol.consent_rules.kinds.items():
        if rule.covers is ConsentUse.MESSAGES:
            consent = state.consents.get(kind)
            withdrawn = consent is not None and consent.withdrawn_at is not None
            if withdrawn or kind in state.consenting.declined:
                return False
    return True
