"""Rules of signing, renewing and expiring."""

from datetime import datetime
from typing import Any

from schemas.commands import RecordConsent
from schemas.consents import Consent, ConsentUse
from schemas.facts import ConsentExpired, ConsentRecorded, ConsentRenewalDue, Fact
from schemas.pathway import Pathway
from schemas.protocol import ConsentRule
from schemas.treatment import DrugRoute, Setting
from workflows.rules.consents.capacity import require_capacity
from workflows.rules.consents.standing import BINDING, expires_at, has_left, missing_for, stands
from workflows.rules.refusing import Refused, require


def record_consent(state: Pathway, command: RecordConsent, at: datetime) -> list[Fact]:
    """In the version in force, after screening, with every disclosure acknowledged, and never while drug may act."""
    require(state.eligible, "not_screened", "No physician has found the patient eligible.")
    kinds = state.protocol.consent_rules.kinds
    if (rule := kinds.get(command.kind)) is None:
        known = ", ".join(kinds)
        raise Refused("unknown_consent_kind", "The protocol knows no such consent.", "kind", known=known)
    require(
        command.version == rule.version,
        "consent_version_not_current",
        "The consent was signed in another version than the one in force.",
        "version",
        current=rule.version,
    )
    signed_at = command.signed_at or at
    _require_signature_of_now(state, command.kind, rule, signed_at, at)
    require_capacity(state, signed_at, again=_is_signed_again(state, command.kind, rule))
    _require_acknowledged(command, rule)
    _require_release(command, rule, signed_at)
    recorded = ConsentRecorded(
        kind=command.kind,
        version=command.version,
        signed_at=signed_at,
        acknowledged=command.acknowledged or None,
        recipient=command.recipient,
        scope=command.scope or None,
        ends_at=command.ends_at,
        document_hash=command.document_hash,
    )
    ends = expires_at(state, _consent(recorded))
    require(
        ends is None or at < ends,
        "consent_expired",
        "So old a signature has expired.",
        "signed_at",
        ended=ends.isoformat() if ends else None,
    )
    return [recorded]


def _require_signature_of_now(state: Pathway, kind: str, rule: ConsentRule, signed_at: datetime, at: datetime) -> None:
    """A new signature: not of the future, nor of before a withdrawal, nor one more of a consent that stands."""
    session, held = state.cycle.session, state.consents.get(kind)
    require(
        session is None or not session.in_progress,
        "session_in_progress",
        "A consent cannot be signed during a session: the capacity to consent is in doubt.",
    )
    require(signed_at <= at, "signed_in_future", "A consent cannot be signed in the future.", "signed_at")
    again = held is None or not stands(state, kind, rule) or (held.renewal_due_at and signed_at > held.signed_at)
    require(again, "consent_already_active", "This consent is active already.", "kind")
    withdrawn_at = held.withdrawn_at if held else None
    require(
        withdrawn_at is None or signed_at > withdrawn_at,
        "signed_before_withdrawal",
        "This signature was withdrawn; the consent has to be signed anew.",
        "signed_at",
    )
    require(
        state.last_discharged_at is None or signed_at >= state.last_discharged_at,
        "signed_during_session",
        "A consent cannot be signed during a session: the capacity to consent is in doubt.",
        "signed_at",
    )


def _is_signed_again(state: Pathway, kind: str, rule: ConsentRule) -> bool:
    """Whether the patient comes back to something that dosing rests on."""
    held = state.consents.get(kind)
    return held is not None and held.withdrawn_at is not None and rule.covers in BINDING


def _require_acknowledged(command: RecordConsent, rule: ConsentRule) -> None:
    said = set(command.acknowledged)
    missing = [code for code in rule.disclosures if code not in said]
    require(
        not missing,
        "disclosure_not_acknowledged",
        "Each disclosure of this consent has to be acknowledged.",
        "acknowledged",
        missing=", ".join(missing),
    )
    known = said <= set(rule.disclosures)
    require(known, "unknown_disclosure", "This consent has no such disclosure.", "acknowledged")


def _require_release(command: RecordConsent, rule: ConsentRule, signed_at: datetime) -> None:
    """A release says who may be told what; another consent tells nobody anything."""
    if rule.covers is ConsentUse.RELEASE:
        require(command.recipient, "release_incomplete", "A release names who may be told.", "recipient")
        require(command.scope, "release_incomplete", "A release names what may be told.", "scope")
    else:
        told = command.recipient is not None or bool(command.scope)
        require(not told, "not_a_release", "Only a release of information has a recipient and a scope.", "recipient")
    ends = command.ends_at
    require(ends is None or ends > signed_at, "ends_before_signature", "It would end before it was signed.", "ends_at")


def _consent(fact: ConsentRecorded) -> Consent:
    return Consent(
        kind=fact.kind,
        version=fact.version,
        signed_at=fact.signed_at,
        ends_at=fact.ends_at,
        recipient=fact.recipient,
        scope=fact.scope or (),
        document_hash=fact.document_hash,
    )


def require_consented(state: Pathway, setting: Setting, route: DrugRoute | None) -> None:
    """Refuse unless the patient stands by every consent that a dose in this setting and by this route needs."""
    missing = missing_for(state, setting, None)
    require(not missing, "consent_missing", "A required consent is not active.", missing=", ".join(missing))
    missing = missing_for(state, setting, route)
    require(
        not missing,
        "route_not_consented",
        "The patient has not consented to this route of administration.",
        "route",
        missing=", ".join(missing),
    )


def consent_recorded(state: Pathway, fact: ConsentRecorded, at: datetime) -> dict[str, Any]:
    """The consent is active; renewed in time, it stands without a gap."""
    del at
    held = state.consents.get(fact.kind)
    unbroken = held is not None and held.is_active and held.version == fact.version
    consent = _consent(fact).model_copy(update={"since": held.began_at if held is not None and unbroken else None})
    after = state.model_copy(update={"consents": {**state.consents, fact.kind: consent}})
    consenting = state.consenting.model_copy(
        update={
            "withdrawal": state.consenting.withdrawal if has_left(after) else None,
            "declined": tuple(kind for kind in state.consenting.declined if kind != fact.kind),
        }
    )
    return {"consents": after.consents, "consenting": consenting}


def consent_renewal_due(state: Pathway, fact: ConsentRenewalDue, at: datetime) -> dict[str, Any]:
    """It may be signed once more."""
    return changed(state, fact.kind, renewal_due_at=at)


def consent_expired(state: Pathway, fact: ConsentExpired, at: datetime) -> dict[str, Any]:
    """Nothing rests on it any more."""
    return changed(state, fact.kind, expired_at=at)


def changed(state: Pathway, kind: str, **changes: Any) -> dict[str, Any]:
    """The change of state that changes one consent."""
    return {"consents": {**state.consents, kind: state.consents[kind].model_copy(update=changes)}}
