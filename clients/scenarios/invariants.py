"""What holds in every scenario, whoever wrote it: read from the journal and the mail, without asking a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from clients.scenarios.record import Record
from schemas import facts as f
from schemas.events import Event
from schemas.facts import Fact
from schemas.messages import Template
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.treatment import Dose

Objection = tuple[datetime, str]

BY_A_HUMAN: Final[tuple[type[Fact], ...]] = (
    f.ScreeningDecided,
    f.ConditionCleared,
    f.MedicationAccepted,
    f.LabAccepted,
    f.PreparationNoteSigned,
    f.DosingApproved,
    f.DosingCountersigned,
    f.ConditionConfirmed,
    f.DosePlanAcknowledged,
    f.SpacingReviewed,
    f.SupplyReleased,
    f.PredoseVitalsDecided,
    f.HoldLifted,
    f.DrugAdministered,
    f.PatientDischarged,
    f.IntegrationNoteSigned,
    f.CheckinRecorded,
    f.RiskCleared,
    f.AdverseEventReviewed,
    f.EmergencyClosed,
    f.PathwayCompleted,
    f.PathwayDiscontinued,
    f.WorkItemClosed,
)
"""What time, delivery and silence never do: approve, clear, give, complete or close."""

DRUG: Final = (f.DrugAdministered, f.UnauthorisedAdministration)
"""Drug that is in the patient, through the gate or outside it."""

OF_THE_SERIES: Final = (Template.APPROVAL_REQUESTED, Template.SESSION_REMINDER, Template.INTEGRATION_DUE)
"""Messages that lead on to the next session."""


def objections(record: Record, protocol: Protocol) -> list[Objection]:
    """Everything that should not be there, with its instant."""
    return [found for look in INVARIANTS for found in look(record, protocol)]


def _ordered(record: Record, protocol: Protocol) -> Iterator[Objection]:
    del protocol
    last = record.opening.opened_at
    if record.broken_at is not None:
        yield last, f"event {record.broken_at} of the journal is not what was written"
    for number, event in enumerate(record.events, start=1):
        if event.seq != number:
            yield event.recorded_at, f"event {event.seq} of the journal stands where {number} should"
        if event.recorded_at < last or event.observed_at > event.recorded_at:
            yield event.recorded_at, f"event {event.seq}, {event.fact.type}, goes back in time"
        last = event.recorded_at


def _decided(record: Record, protocol: Protocol) -> Iterator[Objection]:
    del protocol
    for event in record.events:
        if isinstance(event.fact, BY_A_HUMAN) and event.actor is None:
            yield event.recorded_at, f"{event.fact.type} was caused by nobody"


def _dosed(record: Record, protocol: Protocol) -> Iterator[Objection]:
    """Each dose stands under exactly one approval, and nothing stood in its way."""
    sessions: dict[str, set[str]] = {}
    held_until: dict[int, datetime] = {}
    for event, state in zip(record.events, record.states, strict=False):
        fact = event.fact
        if isinstance(fact, f.IntegrationNoteSigned):
            held_until[fact.cycle] = fact.held_at
        if isinstance(fact, f.DrugAdministered):
            used = sessions.setdefault(fact.dose.approval_id or "", set())
            used.add(fact.session_id)
            for sentence in _against(fact, state, protocol, len(used), held_until):
                yield fact.dose.given_at, f"drug was given {sentence}"


def _against(
    fact: f.DrugAdministered, state: Pathway, protocol: Protocol, used: int, integrated: dict[int, datetime]
) -> Iterator[str]:
    dose, session = fact.dose, state.cycle.session
    approval = next(
        (one for one in (state.approval, state.former_approval) if one and one.id == dose.approval_id), None
    )
    given = [one for one in session.doses if one.given_at <= dose.given_at] if session is not None else []
    if approval is None:
        yield "under another approval than the last two"
    else:
        ended_at = approval.ended_at or approval.valid_until
        if not approval.approved_at <= dose.given_at < min(ended_at, approval.valid_until):
            yield "outside the time of its approval"
        if sum(one.dose_mg for one in given) + dose.dose_mg > approval.max_dose_mg:
            yield "beyond what was approved"
        if used > approval.sessions:
            yield "in more sessions than were approved"
        if approval.route is not dose.route:
            yield "by another route than was approved"
    if any(kind not in state.consents or not state.consents[kind].is_active for kind in protocol.consent_kinds):
        yield "without consent"
    if state.hold is not None or state.ending is not None or state.eligible is not True:
        yield "although it was held, ended or not eligible"
    if state.risk.blocked:
        yield "while a sign of suicide risk was not cleared"
    if state.has_psychotherapy and set(range(1, state.cycle.number)) - integrated.keys():
        yield "before the session before it was integrated"


def _counted(record: Record, protocol: Protocol) -> Iterator[Objection]:
    del protocol
    given = {event.fact.session_id for event in record.events if isinstance(event.fact, DRUG)}
    final = record.states[-1]
    if final.sessions_given != len(given):
        yield _end(record), f"{final.sessions_given} sessions count, and drug was given in {len(given)}"


def _observed(record: Record, protocol: Protocol) -> Iterator[Objection]:
    last: Dose | None = None
    for event in record.events:
        if isinstance(event.fact, DRUG):
            last = event.fact.dose if last is None else max(last, event.fact.dose, key=lambda dose: dose.given_at)
        elif isinstance(event.fact, f.PatientDischarged) and last is not None:
            least = timedelta(minutes=protocol.routes[last.route].observation_min.value)
            if event.observed_at - last.given_at < least:
                yield event.recorded_at, "the patient went home before the observation time was over"


def _owed(record: Record, protocol: Protocol) -> Iterator[Objection]:
    """Work has one owner and a next deadline until a human closes it, and is opened once."""
    del protocol
    work: dict[str, datetime] = {}
    for event in record.events:
        fact, at = event.fact, event.recorded_at
        if isinstance(fact, f.WorkItemOpened):
            if fact.item.id in work:
                yield at, f"work {fact.item.id} was opened twice"
            work[fact.item.id] = fact.item.next_deadline
        elif isinstance(fact, f.WorkItemOverdue):
            if fact.next_deadline <= at:
                yield at, f"work {fact.item_id} has no deadline ahead"
            work[fact.item_id] = fact.next_deadline
        elif isinstance(fact, f.WorkItemClosed) and work.pop(fact.item_id, None) is None:
            yield at, f"work {fact.item_id} was closed twice"
    final = record.states[-1]
    if final.closure is None and {item.id for item in final.work} != work.keys():
        yield _end(record), "the open work is not what the journal tells"


def _written(record: Record, protocol: Protocol) -> Iterator[Objection]:
    """Each message goes at most once; once care has ended none of the series does."""
    del protocol
    for message_id, times in Counter(one.message.id for one in record.sent).items():
        if times > 1:
            yield _end(record), f"message {message_id} went {times} times"
    ended = _ended(record)
    for one in record.sent:
        if ended is not None and one.version > ended.seq and one.message.template in OF_THE_SERIES:
            yield one.at, f"{one.message.template} went after the end of care"


def _ended(record: Record) -> Event | None:
    pairs = zip(record.events, record.states[1:], strict=False)
    return next((event for event, state in pairs if state.ending is not None or state.closure is not None), None)


def _end(record: Record) -> datetime:
    return record.events[-1].recorded_at if record.events else record.opening.opened_at


INVARIANTS: Final[tuple[Callable[[Record, Protocol], Iterator[Objection]], ...]] = (
    _ordered,
    _decided,
    _dosed,
    _counted,
    _observed,
    _owed,
    _written,
)
"""Every one of them reads every record."""
