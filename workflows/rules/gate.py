"""The gate before a dose: one list of named checks. Every one of them has to pass at the instant of the dose."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.pathway import Pathway, Session
from schemas.treatment import Approval, ApprovalStatus, DrugRoute, Reading, Setting
from workflows.rules.blood_pressure import Verdict, assess
from workflows.rules.standing import earliest_next_dose, missing_consents

COMPLETE = ("systolic", "diastolic", "heart_rate", "spo2")
"""Vital signs that a dose waits for."""


class GateCheck(NamedTuple):
    """One condition: its name, whether it is met, and what to say and which code to give while it is not."""

    name: str
    passed: bool
    code: str
    sentence: str


class Intended(NamedTuple):
    """The dose somebody is about to give."""

    dose_mg: float
    route: DrugRoute


def gate(state: Pathway, at: datetime, intended: Intended | None = None) -> Iterator[GateCheck]:
    """The checks in order of weight; those about the dose itself only when one is ``intended``."""
    yield GateCheck("eligible", state.eligible is True, "not_screened", "No physician has found the patient eligible.")
    consented = not missing_consents(state) and all(consent.signed_at <= at for consent in state.consents.values())
    yield GateCheck("consents_active", consented, "consent_missing", "A required consent is not active.")
    prepared = state.cycle.prepared_at is not None and state.cycle.prepared_at <= at
    yield GateCheck("prepared", prepared, "preparation_missing", "No preparation note is signed.")
    yield from _approval_checks(state.approval, state.protocol.name, at)
    free = state.hold is None and (state.hold_ended_at is None or at >= state.hold_ended_at)
    yield GateCheck("no_hold", free, "medical_hold", "A medical hold waits for a physician.")
    earliest = earliest_next_dose(state)
    session = state.cycle.session
    waited = earliest is None or at >= earliest or (session is not None and bool(session.doses))
    yield GateCheck(
        "interval_kept", waited, "too_soon_after_last_dose", "The least interval to the dose before is not over."
    )
    yield from _session_checks(state, session, at)
    if intended is not None:
        yield from _dose_checks(state, session, intended)


def _approval_checks(approval: Approval | None, protocol: str, at: datetime) -> Iterator[GateCheck]:
    yield GateCheck("approval_given", approval is not None, "approval_missing", "No physician has approved dosing.")
    if approval is None:
        return
    stands = approval.status is ApprovalStatus.IN_FORCE
    expired = approval.status is ApprovalStatus.EXPIRED or at >= approval.valid_until
    yield GateCheck("approval_unexpired", not expired, "approval_expired", "The dosing approval has expired.")
    yield GateCheck("approval_in_force", stands or expired, "approval_not_in_force", "The dosing approval was revoked.")
    yield GateCheck(
        "approval_given_before", at >= approval.approved_at, "approval_later", "The approval was given after this dose."
    )
    yield GateCheck(
        "approval_protocol",
        approval.protocol_version == protocol,
        "approval_other_protocol",
        "The approval was given under another version of the protocol.",
    )


def _session_checks(state: Pathway, session: Session | None, at: datetime) -> Iterator[GateCheck]:
    arrived = session is not None and session.checked_in_at is not None
    yield GateCheck("checked_in", arrived, "not_checked_in", "The patient is not checked in.")
    if session is None or not arrived:
        return
    yield GateCheck("not_discharged", session.discharged_at is None, "discharged", "The session is over.")
    if (approval := state.approval) is not None:
        left = bool(session.doses) or approval.sessions_used < approval.sessions
        yield GateCheck("sessions_left", left, "no_sessions_left", "Every session of the approval is used.")
        yield GateCheck(
            "setting_approved",
            approval.setting is session.setting,
            "setting_not_approved",
            "The approval is for another setting.",
        )
    if session.setting is Setting.HOME:
        home = session.home
        attested = home is not None and home.address_confirmed and home.sitter_present and home.video_connected
        yield GateCheck("home_attested", attested, "home_attestation_missing", "The home attestation is incomplete.")
    yield from _vitals_checks(state, session, at)


def _vitals_checks(state: Pathway, session: Session, at: datetime) -> Iterator[GateCheck]:
    rules = state.protocol.vitals
    latest = latest_complete(session, at)
    yield GateCheck("vitals_present", latest is not None, "vitals_missing", "A vital sign is missing before the dose.")
    if latest is None:
        return
    fresh = at - latest.measured_at <= timedelta(minutes=rules.valid_min.value)
    yield GateCheck("vitals_recent", fresh, "vitals_stale", "The vital signs are too old; measure again.")
    verdict = assess([r for r in session.readings if r.measured_at <= at], rules, session.setting)
    accepted_at = session.vitals_accepted_at
    accepted = verdict is Verdict.GO or (accepted_at is not None and accepted_at <= at)
    yield GateCheck(
        "blood_pressure_in_range", accepted, f"blood_pressure_{verdict.value}", "The blood pressure is not in range."
    )
    rate, oxygen = latest.vitals.heart_rate or 0, latest.vitals.spo2 or 0
    calm = rules.heart_rate_min.value <= rate <= rules.heart_rate_max.value
    yield GateCheck("heart_rate_in_range", calm, "heart_rate_out_of_range", "The heart rate is not in range.")
    breathing = oxygen >= rules.spo2_min.value
    yield GateCheck("oxygen_in_range", breathing, "oxygen_out_of_range", "The oxygen saturation is not in range.")


def _dose_checks(state: Pathway, session: Session | None, intended: Intended) -> Iterator[GateCheck]:
    approval = state.approval
    if approval is None or session is None:
        return
    yield GateCheck(
        "route_approved", approval.route is intended.route, "route_not_approved", "The approval is for another route."
    )
    total = intended.dose_mg + sum(dose.dose_mg for dose in session.doses)
    yield GateCheck(
        "dose_within_limit",
        total <= approval.max_dose_mg,
        "dose_above_approval",
        "The session's doses together exceed the approved limit.",
    )


def latest_complete(session: Session, at: datetime) -> Reading | None:
    """The last reading up to ``at``, if it has every vital sign that a dose waits for.

    A later reading that is incomplete is not passed over: what it says or leaves out may be why it was taken.
    """
    known = sorted((r for r in session.readings if r.measured_at <= at), key=lambda reading: reading.measured_at)
    if not known or any(getattr(known[-1].vitals, name) is None for name in COMPLETE):
        return None
    return known[-1]
