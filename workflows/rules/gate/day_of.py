"""Checks of the day: the checklist, fasting, and a second look at the drug before it is given."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from schemas.actors import Role
from schemas.day_of import DayChecklist
from schemas.pathway import Pathway, Session
from schemas.protocol import DayRules
from workflows.rules.gate.check import GateCheck, Intended, check
from workflows.rules.standing import is_ill

ASKING = (Role.NURSE, Role.PATIENT, Role.THERAPIST)


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """Everything that can have changed since the approval was asked for again, and the drug was looked at twice."""
    rules, session = state.protocol.day_of, state.cycle.session
    if rules is None or session is None or session.checked_in_at is None:
        return
    known = [one for one in session.checklists if one.at <= at]
    yield check(
        "checklist_recorded", known, "checklist_missing", "Nobody went through the checklist of the day.", *ASKING
    )
    if known:
        yield from _answers(known, rules, at)
        yield from _reconciled(state, session, known, rules, at)
    yield from _fasting(session, rules, at)
    if intended is not None:
        yield from _second_look(session, rules, intended)


def _answers(known: list[DayChecklist], rules: DayRules, at: datetime) -> Iterator[GateCheck]:
    if rules.companion:
        yield check(
            "companion_arranged",
            known[-1].companion_arranged,
            "companion_missing",
            "Nobody is known who takes the patient home, or stays with the patient at home.",
            *ASKING,
        )
    yield check(
        "no_new_illness",
        not is_ill(known),
        "new_illness",
        "The patient tells of a new illness; a physician goes through the checklist.",
        Role.PHYSICIAN,
    )
    waits = [wait for one in known for wait in one.waits if wait.until > at]
    yield check(
        "nothing_taken_of_late",
        not waits,
        "taken_too_recently",
        "Something was taken too short a time before the dose.",
        classes=", ".join(sorted({wait.code for wait in waits})) or None,
        until=max((wait.until for wait in waits), default=None),
    )


def _reconciled(
    state: Pathway, session: Session, known: list[DayChecklist], rules: DayRules, at: datetime
) -> Iterator[GateCheck]:
    """Before the first dose; a second one in the same session relies on the same look."""
    listed_at = state.screening.medications.recorded_at
    last = max((known[-1].at, *([listed_at] if listed_at is not None and listed_at <= at else [])))
    yield check(
        "medications_reconciled",
        session.doses or at - last <= timedelta(hours=rules.reconciled_within_h.value),
        "reconciliation_too_old",
        "The medication list was not gone through in time before the dose.",
        *ASKING,
        reconciled=last,
        within_h=rules.reconciled_within_h.value,
    )


def _fasting(session: Session, rules: DayRules, at: datetime) -> Iterator[GateCheck]:
    for what, last, hours in (
        ("solids", session.last_solids_at, rules.fasting.solids_h),
        ("clear_liquids", session.last_clear_liquids_at, rules.fasting.clear_liquids_h),
    ):
        yield check(
            f"fasted_from_{what}",
            last is not None and at - last >= timedelta(hours=hours.value),
            "not_fasted",
            "The patient has not fasted for long enough, as far as is known.",
            what=what,
            last=last,
            least_h=hours.value,
        )


def _second_look(session: Session, rules: DayRules, intended: Intended) -> Iterator[GateCheck]:
    look = rules.dose_check
    if look.lot:
        yield check("lot_recorded", intended.lot, "lot_missing", "The lot of the drug is not recorded.", Role.NURSE)
    if session.setting in look.second_look_in:
        yield check(
            "dose_verified",
            intended.verified_by not in (None, intended.given_by),
            "dose_not_verified",
            "A second person has to look at drug and dose before it is given.",
            Role.NURSE,
        )
