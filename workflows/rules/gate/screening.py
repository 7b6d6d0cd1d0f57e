"""Checks of contraindications, medications, laboratory tests and weight."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules
from schemas.protocol.eligibility import LabNeed, LabRule
from schemas.screening import HealthHistory, LabResult
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.screening import uncleared, undecided

UNRECOGNISED = "unrecognised"


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Nothing stands in the way that is known of the patient's health, and what has to be known is."""
    del intended
    screening = state.screening
    if state.protocol.eligibility is not None:
        barriers = [code for code, _ in uncleared(state)]
        cleared_later = any(clearance.cleared_at > at for clearance in screening.clearances)
        yield check(
            "no_contraindication",
            screening.history is not None and not barriers and not cleared_later,
            "contraindicated",
            "A contraindication stands in the way.",
            Role.PHYSICIAN,
            conditions=", ".join(barriers) or None,
        )
        yield from _labs(state, state.protocol.eligibility, screening.history, at)
    if state.protocol.medications is not None:
        waiting = list(undecided(state))
        known = screening.medications.recorded_at is not None
        decided_later = any(decision.accepted_at > at for decision in screening.decisions)
        yield check(
            "medications_decided",
            known and not waiting and not decided_later,
            "medication_undecided",
            "A medication waits for a physician's decision.",
            Role.PHYSICIAN,
            classes=", ".join(sorted({code for entry in waiting for code in entry.classes or ("unrecognised",)}))
            or None,
        )
        yield check(
            "washouts_decided",
            not screening.washouts,
            "washout_undecided",
            "A medication was stopped; its washout and a physician's decision are awaited.",
            Role.PHYSICIAN,
            until=max((one.over_at for one in screening.washouts), default=None),
        )


def _labs(state: Pathway, rules: EligibilityRules, history: HealthHistory | None, at: datetime) -> Iterator[GateCheck]:
    for test, rule in rules.labs.items():
        if history is None or not needed(rules, rule, history):
            continue
        lab = state.screening.latest(test)
        valid = rule.valid_days_first_dose if state.sessions_given == 0 else rule.valid_days_later
        fresh = lab is not None and lab.collected_at <= at <= lab.collected_at + timedelta(days=valid.value)
        if lab is not None and rule.every_sessions is not None:
            fresh = fresh and state.sessions_given - lab.sessions_before < rule.every_sessions.value
        yield check(
            f"{test.value}_known",
            fresh,
            "lab_missing",
            "A laboratory test is missing or too old.",
            Role.PHYSICIAN,
            Role.NURSE,
            test=test.value,
            collected=lab.collected_at if lab else None,
            valid_days=valid.value,
        )
        yield check(
            f"{test.value}_unremarkable",
            lab is None or lab.result is LabResult.UNREMARKABLE or lab.accepted_by is not None,
            "lab_remarkable",
            "A laboratory test is not unremarkable.",
            Role.PHYSICIAN,
            test=test.value,
        )


def needed(rules: EligibilityRules, rule: LabRule, history: HealthHistory) -> bool:
    """Whether a test is asked of this patient."""
    match rule.needed:
        case LabNeed.EVERYBODY:
            return True
        case LabNeed.CHILDBEARING_POTENTIAL:
            return history.childbearing_potential
        case LabNeed.CARDIAC_RISK:
            cardiac = any(condition in rules.cardiac for condition in history.conditions)
            return cardiac or history.age_years >= rules.ecg_age_years.value
        case LabNeed.IF_SUSPECTED:
            return False
