"""What the supply at home asks of people."""

from collections.abc import Iterator

from schemas.actors import Role
from schemas.pathway import Pathway
from schemas.supply import SupplyChange
from schemas.treatment import Setting
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.standing import is_usable
from workflows.rules.supply import is_to_be_reconciled


def owed(state: Pathway) -> Iterator[Obligation]:
    """To release what the next session takes, to count, and to judge a difference."""
    supply, approval, session = state.supply, state.approval, state.cycle.session
    if state.protocol.supply is None:
        return
    for_home = approval is not None and approval.setting is Setting.HOME
    if for_home and supply.on_hand() <= 0 and not (session and session.doses):
        subject = f"supply-{sum(entry.change is SupplyChange.RELEASED for entry in supply.entries) + 1}"
        asked = (WorkKind.RELEASE_SUPPLY, subject) in {item.key for item in state.work}
        # An approval that expires meanwhile closes nothing that a physician owes.
        if asked or (is_usable(approval) and state.series_continues):
            yield Obligation(WorkKind.RELEASE_SUPPLY, subject)
    counted = supply.is_counted(SupplyChange.RELEASED) and supply.is_counted(SupplyChange.USED)
    if not counted or is_to_be_reconciled(state):
        yield _count(state)
    if supply.unaccounted_since is not None:
        yield Obligation(WorkKind.REVIEW_SUPPLY, "supply")


def remaining(state: Pathway) -> Iterator[Obligation]:
    """Once care has ended: to count what is left."""
    if is_to_be_reconciled(state):
        yield _count(state)


def _count(state: Pathway) -> Obligation:
    return Obligation(WorkKind.COUNT_SUPPLY, "supply", owner=None if state.has_psychotherapy else Role.NURSE)
