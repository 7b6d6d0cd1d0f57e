"""Checks of contraindications, medications, laboratory tests and weight."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.protocol import EligibilityRules
from schemas.treatment import Setting
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.screening.standing import (
    goes_by_weight,
    good_until,
    kept_from_home,
    needed,
    remarkable,
    uncleared,
    undecided,
    used_up,
)

UNRECOGNISED = "unrecognised"


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Nothing stands in the way that is known of the patient's health, and what has to be known is."""
    del intended
    rules = state.protocol.eligibility
    if rules is not None:
        barred = [code for code, _ in uncleared(state)]
        yield check(
            "no_contraindication",
            state.screening.history is not None and not barred,
            "contraindicated",
            "A contraindication stands in the way.",
            Role.PHYSICIAN,
            conditions=", ".join(barred) or None,
        )
        yield from _at_home(state, rules)
    if state.protocol.medications is not None:
        yield from _medications(state)
    if rules is None:
        return
    yield from _labs(state, at)
    yield from _weight(state, rules, at)
    settled_at = state.screening.settled_at
    yield check(
        "health_settled",
        settled_at is None or at >= settled_at,
        "not_settled_then",
        "Something in the patient's health was not decided yet at that time.",
        since=settled_at,
    )


def _at_home(state: Pathway, rules: EligibilityRules) -> Iterator[GateCheck]:
    session, approval = state.cycle.session, state.approval
    setting = session.setting if session is not None else approval.setting if approval is not None else None
    if rules.at_home is None or setting is not Setting.HOME:
        return
    away = kept_from_home(state)
    yield check(
        "low_risk_at_home",
        not away,
        "not_low_risk",
        "At home only patients of low risk are treated; this one is treated in the clinic.",
        Role.PHYSICIAN,
        conditions=", ".join(away) or None,
    )


def _medications(state: Pathway) -> Iterator[GateCheck]:
    screening, waiting = state.screening, list(undecided(state))
    classes = sorted({code for entry in waiting for code in entry.classes or (UNRECOGNISED,)})
    yield check(
        "medications_decided",
        screening.medications.recorded_at is not None and not waiting,
        "medication_undecided",
        "A medication waits for a physician's decision.",
        Role.PHYSICIAN,
        classes=", ".join(classes) or None,
    )
    yield check(
        "washouts_decided",
        not screening.washouts,
        "washout_undecided",
        "A medication was stopped; its washout and a physician's decision are awaited.",
        Role.PHYSICIAN,
        until=max((one.over_at for one in screening.washouts), default=None),
    )


def _labs(state: Pathway, at: datetime) -> Iterator[GateCheck]:
    for test, rule in needed(state):
        lab = state.screening.latest(test, at)
        valid = rule.valid_days_first_dose if state.sessions_given == 0 else rule.valid_days_later
        yield check(
            f"{test.value}_known",
            lab is not None and at <= good_until(state, rule, lab) and not used_up(state, rule, lab),
            "lab_missing",
            "A laboratory test is missing or too old.",
            Role.PHYSICIAN,
            Role.NURSE,
            test=test.value,
            collected=lab.collected_at if lab else None,
            valid_days=valid.value,
        )
    waiting = [test.value for test in remarkable(state)]
    yield check(
        "labs_unremarkable",
        not waiting,
        "lab_remarkable",
        "A laboratory test is not unremarkable.",
        Role.PHYSICIAN,
        tests=", ".join(waiting) or None,
    )


def _weight(state: Pathway, rules: EligibilityRules, at: datetime) -> Iterator[GateCheck]:
    if not goes_by_weight(state, rules):
        return
    weight, valid = state.screening.weight, timedelta(days=rules.weight_valid_days.value)
    yield check(
        "weight_known",
        weight is not None and weight.measured_at <= at <= weight.measured_at + valid,
        "weight_missing",
        "The weight is missing or too old.",
        Role.NURSE,
        Role.PHYSICIAN,
        measured=weight.measured_at if weight else None,
        valid_days=rules.weight_valid_days.value,
    )
