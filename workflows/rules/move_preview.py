"""The dry run of a move to another version of the protocol: the rules are asked, and nothing is recorded."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas.answers import Check
from schemas.commands import MoveProtocol
from schemas.facts import ApprovalSuspended, Fact, MessageRequested
from schemas.moving import CheckChange, MovePreview, Shift, Told, ValueChange
from schemas.pathway import Pathway
from schemas.protocol import Protocol, Series
from schemas.protocol.leaves import Difference, Leaf, differences
from schemas.refusals import Refusal
from workflows.rules.consents.standing import missing_consents
from workflows.rules.deadlines import due
from workflows.rules.screening.standing import good_times
from workflows.rules.standing import phase_of
from workflows.rules.status import checks_of
from workflows.rules.step import lapse, obey


def preview(state: Pathway, command: MoveProtocol, now: datetime) -> MovePreview:
    """What ``command`` would lead to at ``now``."""
    state = lapse(state, now).state
    plain = MovePreview(before=state.protocol.name, after=command.protocol.name, at=now)
    step = obey(state, command, now)
    if isinstance(step, Refusal):
        return plain.model_copy(update={"refusal": step})
    # What is late at once under the new version belongs to what the move leads to.
    overdue = lapse(step.state, now)
    facts, after = (*step.facts, *overdue.facts), overdue.state
    missing = missing_consents(state), missing_consents(after)
    concerning, others = _values(state, command.protocol)
    open_before, open_after = ({item.id for item in one.work} for one in (state, after))
    return MovePreview(
        before=plain.before,
        after=plain.after,
        at=now,
        unsigned=command.protocol.signature is None,
        phase_before=phase_of(state),
        phase_after=phase_of(after),
        approval_suspended=_suspended_for(facts),
        checks=tuple(_checks(checks_of(state, now), checks_of(after, now))),
        work_opened=tuple(item for item in after.work if item.id not in open_before),
        work_closed=tuple(item for item in state.work if item.id not in open_after),
        consents_needed=tuple(kind for kind in missing[1] if kind not in missing[0]),
        consents_spared=tuple(kind for kind in missing[0] if kind not in missing[1]),
        labs=tuple(_shifts(_good(state), _good(after))),
        deadlines=tuple(_shifts(_due(state), _due(after))),
        messages=tuple(_told(facts)),
        values=concerning,
        other_values=others,
    )


def _suspended_for(facts: Iterable[Fact]) -> tuple[str, ...]:
    return next((fact.reasons for fact in facts if isinstance(fact, ApprovalSuspended)), ())


def _told(facts: Iterable[Fact]) -> Iterator[Told]:
    for fact in facts:
        if isinstance(fact, MessageRequested):
            yield Told(template=fact.message.template, to_role=fact.message.to_role)


def _checks(before: Iterable[Check], after: Iterable[Check]) -> Iterator[CheckChange]:
    old, new = ({check.name: check for check in checks} for checks in (before, after))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield CheckChange(name=name, before=old.get(name), after=new.get(name))


def _good(state: Pathway) -> dict[tuple[str, str], datetime]:
    return {(what, "screening"): until for what, until in good_times(state)}


def _due(state: Pathway) -> dict[tuple[str, str], datetime]:
    return {(one.reason, one.subject): one.at for one in due(state)}


def _shifts(before: dict[tuple[str, str], datetime], after: dict[tuple[str, str], datetime]) -> Iterator[Shift]:
    for what, subject in dict.fromkeys((*before, *after)):
        was, will_be = before.get((what, subject)), after.get((what, subject))
        if was != will_be:
            yield Shift(what=what, subject=subject, before=was, after=will_be)


def _values(state: Pathway, new: Protocol) -> tuple[tuple[ValueChange, ...], int]:
    """Values that differ and concern the patient, and how many others differ."""
    changed = differences(state.protocol, new)
    matter = [one for one in changed if _concerns(one, _own(state, new))]
    told = tuple(ValueChange(path=one.path, before=_written(one.before), after=_written(one.after)) for one in matter)
    return told, len(changed) - len(matter)


def _written(leaf: Leaf | None) -> str | None:
    return leaf.written[:200] if leaf is not None else None


def _own(state: Pathway, new: Protocol) -> dict[str, set[str]]:
    """Parts of a protocol with an entry for each of something, and the entries that this patient has to do with."""
    approval, screening = state.approval, state.screening
    routes = {*state.protocol.treatment(state.treatment).drug_routes, *new.treatment(state.treatment).drug_routes}
    settings = {state.setting.value, *([approval.setting.value] if approval is not None else [])}
    states = {state.residence, *([approval.state_of_dosing] if approval and approval.state_of_dosing else [])}
    conditions = set(screening.history.conditions) if screening.history is not None else set()
    series = state.protocol.treatment(state.treatment).series and new.treatment(state.treatment).series
    return {
        "treatments": {state.treatment.value},
        "series": set() if series is not None else set(Series.model_fields),
        "routes": {route.value for route in routes},
        "vitals.predose": settings,
        "regulation.states": states,
        "referral.indications": set(state.indications),
        "eligibility.absolute": conditions,
        "eligibility.relative": conditions,
        "medications.classes": {code for entry in screening.medications.entries for code in entry.classes},
        "medications.combinations": set(),
        "medications.unspecific_words": set(),
        "instruments.optional": set(),
    }


def _concerns(one: Difference, own: dict[str, set[str]]) -> bool:
    for part, entries in own.items():
        if one.path.startswith(f"{part}."):
            return one.path.removeprefix(f"{part}.").partition(".")[0] in entries
    return True
