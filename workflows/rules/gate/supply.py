"""Checks of the doses at the patient's home."""

from collections.abc import Iterator
from datetime import datetime

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.supply import SupplyChange
from schemas.treatment import Setting
from workflows.rules.gate.check import GateCheck, Intended, check


def checks(state: Pathway, at: datetime, intended: Intended | None) -> Iterator[GateCheck]:
    """A dose is there that a physician released, and somebody has counted it."""
    del intended
    session, supply = state.cycle.session, state.supply
    if state.protocol.supply is None or session is None or session.checked_in_at is None:
        return
    if session.setting is not Setting.HOME:
        return
    yield check(
        "supply_on_hand",
        session.doses or supply.on_hand(at) > 0,
        "supply_missing",
        "No released dose is left at home.",
        Role.PHYSICIAN,
    )
    yield check(
        "supply_received",
        supply.is_counted(SupplyChange.RELEASED, at),
        "supply_not_received",
        "Nobody has counted what was released.",
        Role.THERAPIST,
        Role.NURSE,
        Role.PATIENT,
    )
    yield check(
        "supply_in_order",
        supply.is_accounted(at),
        "supply_unaccounted",
        "A count differs, and no physician judged it yet.",
        Role.PHYSICIAN,
    )
