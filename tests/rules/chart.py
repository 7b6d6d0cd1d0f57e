"""An independent reading of the record: what must hold of it, told from the facts and the protocol alone.

Nothing here calls a rule. ``Chart`` reads entry after entry, as an auditor would, and objects to the first one that
should not be there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schemas import facts as f
from schemas.actors import Seat
from schemas.messages import Template
from schemas.monitoring import AlarmLevel
from schemas.pathway import Pathway
from schemas.protocol import ConsentNeed, Protocol
from schemas.treatment import Approval, ApprovalStatus, Reading, Setting, TreatmentRoute
from schemas.work import WorkItem
from tests.rules.dosing import Visit, covers, require_safe
from tests.rules.permitted import AFTER_THE_END, BY_ENGINE, ONLY_BY
from tests.support.course import Entry


@dataclass
class Granted:
    """An approval and the instant at which it ended before its time, if it did."""

    approval: Approval
    ended_at: datetime | None = None
    sessions: set[str] = field(default_factory=set)

    def in_force(self, at: datetime) -> bool:
        ended = self.ended_at is not None and at >= self.ended_at
        return self.approval.approved_at <= at < self.approval.valid_until and not ended


@dataclass
class Chart:
    """Everything known about one pathway from its record."""

    protocol: Protocol
    treatment: TreatmentRoute
    recorded: int = 0
    clock: datetime | None = None
    eligible_at: datetime | None = None
    extended: int = 0
    closed: bool = False
    """Care has ended; the safety contact may remain."""
    consents: dict[str, list[tuple[datetime, datetime | None]]] = field(default_factory=dict)
    prepared: dict[int, datetime] = field(default_factory=dict)
    granted: dict[str, Granted] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    cancelled: list[Visit] = field(default_factory=list)
    """Visits that were cancelled although the patient was there, since the last hold."""
    holds: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    integrated: dict[int, datetime] = field(default_factory=dict)
    without_integration: set[int] = field(default_factory=set)
    """Cycles of which the patient, who had left the treatment, did not want the visit."""
    work: dict[str, WorkItem] = field(default_factory=dict)
    taken_by: str | None = None
    work_ids: set[str] = field(default_factory=set)
    unreviewed: set[str] = field(default_factory=set)
    """Emergencies and incidents that wait for a human."""
    alarms: dict[str, AlarmLevel] = field(default_factory=dict)
    """Those that no physician has looked at."""
    messages: set[str] = field(default_factory=set)

    @property
    def psychotherapy(self) -> bool:
        return self.protocol.treatment(self.treatment).psychotherapy

    def read(self, entries: Iterable[Entry]) -> None:
        """Take in entries in the order of the record.

        Raises:
            AssertionError: One of them should not be there.
        """
        for entry in entries:
            self._common(entry)
            handler = getattr(self, f"_{entry.fact.type}", None)
            if handler is not None:
                handler(entry.fact, entry)
            self.recorded += 1

    def _common(self, entry: Entry) -> None:
        kind = type(entry.fact)
        # What belongs to the closing step itself follows the closing fact in the same instant.
        assert not self.closed or kind in AFTER_THE_END, f"{kind.__name__} after the end"
        assert self.clock is None or entry.recorded_at >= self.clock, "the record goes back in time"
        assert entry.at <= entry.recorded_at, "recorded before it happened"
        assert entry.actor is not None or kind in BY_ENGINE, f"nobody caused {kind.__name__}"
        if entry.actor is not None and kind in ONLY_BY:
            assert entry.actor.role in ONLY_BY[kind], f"{kind.__name__} by a {entry.actor.role}"
        self.clock = entry.recorded_at

    # Enrolment

    def _screening_decided(self, fact: f.ScreeningDecided, entry: Entry) -> None:
        self.eligible_at = entry.at if fact.eligible else None
        self.closed = not fact.eligible

    def _referral_declined(self, fact: f.ReferralDeclined, entry: Entry) -> None:
        self.closed = True

    def _consent_recorded(self, fact: f.ConsentRecorded, entry: Entry) -> None:
        assert fact.signed_at <= entry.recorded_at
        assert not any(visit.acting(fact.signed_at) for visit in self.visits.values()), "signed while drug acted"
        spans = self.consents.setdefault(fact.kind, [])
        # A renewal leaves no gap.
        if not spans or spans[-1][1] is not None:
            spans.append((fact.signed_at, None))

    def _consent_withdrawn(self, fact: f.ConsentWithdrawn, entry: Entry) -> None:
        self._consent_ends(fact.kind, entry.at)

    def _consent_expired(self, fact: f.ConsentExpired, entry: Entry) -> None:
        self._consent_ends(fact.kind, entry.at)

    def _consent_ends(self, kind: str, at: datetime) -> None:
        start, end = self.consents[kind][-1]
        assert end is None
        self.consents[kind][-1] = (start, at)

    def consented(self, at: datetime) -> bool:
        """Whether the patient stands by what everybody consents to; the rest is for an auditor of its own."""
        rules = self.protocol.consent_rules.kinds.items()
        everybody = [kind for kind, rule in rules if rule.needed is ConsentNeed.EVERYBODY]
        return all(covers(self.consents.get(kind, []), at) for kind in everybody)

    def _continuation_recorded(self, fact: f.ContinuationRecorded, entry: Entry) -> None:
        over = [one.cycle for one in self.visits.values() if one.doses and one.cycle not in self.integrated]
        if not fact.therapy:
            self.without_integration.update(over)

    def _preparation_voided(self, fact: f.PreparationVoided, entry: Entry) -> None:
        del self.prepared[fact.cycle]

    # Preparation and approval

    def _care_team_changed(self, fact: f.CareTeamChanged, entry: Entry) -> None:
        if fact.seat is Seat.THERAPIST:
            begun = {visit.cycle for visit in self.visits.values() if visit.doses}
            self.prepared = {cycle: at for cycle, at in self.prepared.items() if cycle in begun}

    def _preparation_note_signed(self, fact: f.PreparationNoteSigned, entry: Entry) -> None:
        if fact.completes:
            self.prepared.setdefault(fact.cycle, entry.at)

    def _dosing_approved(self, fact: f.DosingApproved, entry: Entry) -> None:
        approval = fact.approval
        assert entry.actor is not None
        assert approval.approved_by == entry.actor.id
        assert approval.id not in self.granted
        limits = self.protocol.routes[approval.route]
        assert approval.setting in limits.settings
        assert approval.max_dose_mg <= limits.max_session_mg.value
        for other in self.granted.values():
            other.ended_at = other.ended_at or entry.at
        self.granted[approval.id] = Granted(approval)
        self._hold_ends(entry.at)

    def _approval_revoked(self, fact: f.ApprovalRevoked, entry: Entry) -> None:
        self.granted[fact.approval_id].ended_at = entry.at

    def _approval_expired(self, fact: f.ApprovalExpired, entry: Entry) -> None:
        granted = self.granted[fact.approval_id]
        assert entry.at >= granted.approval.valid_until, "expired before its time"
        assert fact.sessions_unused == granted.approval.sessions - len(granted.sessions)

    # The session

    def _session_scheduled(self, fact: f.SessionScheduled, entry: Entry) -> None:
        assert fact.starts_at > entry.recorded_at
        known = self.visits.get(fact.session_id)
        assert known is None or (known.checked_in_at is None and not known.over)
        self.visits[fact.session_id] = Visit(
            fact.session_id, fact.cycle, fact.setting, fact.starts_at, cancelled=list(self.cancelled)
        )

    def _appointment_confirmed(self, fact: f.AppointmentConfirmed, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.checked_in_at is None, "confirmed although the patient is there"
        assert not visit.over, "confirmed after it was called off"
        assert entry.recorded_at < visit.starts_at == fact.starts_at, "confirmed for another time"

    def _session_cancelled(self, fact: f.SessionCancelled, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        visit.end_without_drug()
        if visit.checked_in_at is not None:
            self.cancelled.append(visit)

    def _session_released(self, fact: f.SessionReleased, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.checked_in_at is None, "released although the patient is there"
        visit.end_without_drug()

    def _session_reminder_due(self, fact: f.SessionReminderDue, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert not visit.reminded, "reminded twice"
        visit.reminded = True

    def _patient_checked_in(self, fact: f.PatientCheckedIn, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.checked_in_at is None
        assert fact.setting is visit.setting
        assert (fact.identity_confirmed, fact.therapist_present) == (True, True)
        if fact.setting is Setting.HOME:
            asked = ("address_confirmed", "sitter_present", "video_connected", *self.protocol.session.home_attestation)
            assert all(getattr(fact.home, name) for name in asked), "not attested anew"
        visit.checked_in_at = entry.at

    def _vitals_recorded(self, fact: f.VitalsRecorded, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.checked_in_at is not None
        assert visit.checked_in_at <= fact.reading.measured_at == entry.at
        visit.readings.append(fact.reading)

    def _predose_vitals_decided(self, fact: f.PredoseVitalsDecided, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        if fact.proceed:
            visit.accepted.append((entry.at, len(visit.readings)))

    def _session_held(self, fact: f.SessionHeld, entry: Entry) -> None:
        self.visits[fact.session_id].end_without_drug()
        self.cancelled.clear()
        self._hold_ends(entry.at)
        self.holds.append((entry.at, None))

    def _hold_lifted(self, fact: f.HoldLifted, entry: Entry) -> None:
        assert self.held, "nothing to lift"
        self._hold_ends(entry.at)

    def _hold_ends(self, at: datetime) -> None:
        if self.held:
            self.holds[-1] = (self.holds[-1][0], at)

    @property
    def held(self) -> bool:
        return bool(self.holds) and self.holds[-1][1] is None

    def _drug_administered(self, fact: f.DrugAdministered, entry: Entry) -> None:
        dose, visit = fact.dose, self.visits[fact.session_id]
        at = dose.given_at
        assert at == entry.at
        assert self.eligible_at is not None
        assert self.eligible_at <= at
        assert self.consented(at), "no consent at that instant"
        prepared_at = self.prepared.get(visit.cycle)
        prepared = prepared_at is not None and prepared_at <= at
        assert prepared or not self.psychotherapy, "not prepared at that instant"
        assert not covers(self.holds, at), "given during a medical hold"
        assert not self.held, "recorded during a medical hold"
        assert not self.unreviewed, "given after an emergency that nobody has reviewed"
        assert not visit.stopped, "given although an emergency had stopped further drug"
        in_force = [one for one in self.granted.values() if one.in_force(at)]
        assert [one.approval.id for one in in_force] == [dose.approval_id], "not under the one approval in force"
        granted, approval = in_force[0], in_force[0].approval
        assert (dose.route, visit.setting) == (approval.route, approval.setting)
        assert approval.protocol_version == self.protocol.name
        assert sum(one.dose_mg for one in visit.doses) + dose.dose_mg <= approval.max_dose_mg
        granted.sessions.add(visit.id)
        assert len(granted.sessions) <= approval.sessions, "no sessions left"
        self._require_intervals(visit, at)
        require_safe(visit, self.protocol, at)
        visit.doses.append(dose)

    def _unauthorised_administration(self, fact: f.UnauthorisedAdministration, entry: Entry) -> None:
        at = fact.dose.given_at
        assert at == entry.at
        assert fact.dose.approval_id is None, "outside the gate, and yet under an approval"
        assert fact.failed_checks
        if fact.opened_in is not None:
            self.visits[fact.session_id] = Visit(fact.session_id, fact.cycle, fact.opened_in, at, checked_in_at=at)
        visit = self.visits[fact.session_id]
        assert not visit.over
        visit.doses = sorted((*visit.doses, fact.dose), key=lambda dose: dose.given_at)
        visit.discharged_at, visit.stopped = None, True
        self.unreviewed.add(fact.incident_id)
        for granted in self.granted.values():
            granted.ended_at = min(at, granted.ended_at or at)

    def _infusion_ended(self, fact: f.InfusionEnded, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.doses[-1].given_at <= entry.at
        visit.infusion_ended_at = entry.at

    def _require_intervals(self, visit: Visit, at: datetime) -> None:
        before = [other.last_drug_at for other in self.visits.values() if other is not visit and other.doses]
        least = timedelta(hours=self.protocol.series_of(self.treatment).min_hours_between_doses.value)
        assert all(at - earlier >= least for earlier in before), "too soon after the dose before"
        gap = timedelta(hours=self.protocol.integration.min_hours_before_next_dose.value)
        assert all(at - held >= gap for held in self.integrated.values()), "too soon after the visit before"
        over = {*self.integrated, *self.without_integration}
        assert not self.psychotherapy or over == set(range(1, visit.cycle)), "the cycle before is not integrated"

    def _patient_discharged(self, fact: f.PatientDischarged, entry: Entry) -> None:
        visit = self.visits[fact.session_id]
        assert visit.discharged_at is None
        rules, last = self.protocol.routes[visit.doses[-1].route], visit.last_drug_at
        minimum = timedelta(minutes=rules.observation_min.value)
        assert rules.infusion_min is None or visit.infusion_ended_at is not None, "discharged during an infusion"
        assert entry.at - last >= minimum, "not observed long enough"
        latest = visit.latest(entry.at)
        assert latest is not None
        assert latest.measured_at > last, "not measured since the drug"
        assert entry.at - latest.measured_at <= timedelta(minutes=self.protocol.vitals.valid_min.value)
        self._require_no_alarm(latest)
        visit.discharged_at = entry.at

    def _require_no_alarm(self, latest: Reading) -> None:
        """Read from the limits alone: nothing waits for a physician, and the last signs are none that stop drug."""
        rules = self.protocol.monitoring
        if rules is None:
            return
        assert not self.alarms, "an alarm waits for a physician"
        told, stop = latest.vitals, rules.stop
        assert (told.systolic or 0) < stop.pressure.systolic.value
        assert (told.diastolic or 0) < stop.pressure.diastolic.value
        assert told.spo2 is not None
        assert told.spo2 >= stop.spo2_below.value
        assert (told.heart_rate or 0) <= stop.heart_rate_above.value

    def _emergency_declared(self, fact: f.EmergencyDeclared, entry: Entry) -> None:
        self.unreviewed.add("emergency")
        for visit in self.visits.values():
            visit.stopped = visit.stopped or (visit.checked_in_at is not None and visit.discharged_at is None)

    def _emergency_closed(self, fact: f.EmergencyClosed, entry: Entry) -> None:
        self.unreviewed.discard("emergency")
        self.unreviewed.add(fact.incident_id)

    def _incident_reviewed(self, fact: f.IncidentReviewed, entry: Entry) -> None:
        self.unreviewed.remove(fact.incident_id)

    def _vitals_alarmed(self, fact: f.VitalsAlarmed, entry: Entry) -> None:
        assert fact.alarm_id is not None
        assert fact.alarm_id not in self.alarms, "one name for two alarms"
        self.alarms[fact.alarm_id] = fact.level

    def _vitals_alarm_reviewed(self, fact: f.VitalsAlarmReviewed, entry: Entry) -> None:
        assert fact.alarm_id is not None
        del self.alarms[fact.alarm_id]

    def _integration_note_signed(self, fact: f.IntegrationNoteSigned, entry: Entry) -> None:
        (visit,) = [one for one in self.visits.values() if one.cycle == fact.cycle and one.doses]
        if fact.visit is not None and fact.visit > 1:
            assert fact.cycle in self.integrated, "a further visit before the first"
            return
        rules, drug = self.protocol.integration, visit.last_drug_at
        assert visit.discharged_at is not None
        assert visit.discharged_at <= fact.held_at <= entry.recorded_at
        assert fact.held_at - drug >= timedelta(hours=rules.window_opens_h.value)
        assert fact.late == (fact.held_at - drug > timedelta(hours=rules.window_closes_h.value))
        assert fact.cycle not in self.integrated
        self.integrated[fact.cycle] = fact.held_at

    # The protocol

    def _protocol_moved(self, fact: f.ProtocolMoved, entry: Entry) -> None:
        assert not any(one.checked_in_at and not one.over and not one.discharged_at for one in self.visits.values())
        assert entry.at == entry.recorded_at, "moved for the past"
        before, after = (Protocol.model_validate_json(text) for text in (fact.content_before, fact.content_after))
        assert (fact.before, fact.after) == (before.name, after.name)
        assert before == self.protocol
        assert fact.before != fact.after
        self.protocol = after
        for granted in self.granted.values():
            granted.ended_at = granted.ended_at or entry.at

    # Ends

    def _pathway_completed(self, fact: f.PathwayCompleted, entry: Entry) -> None:
        planned = int(self.protocol.series.sessions.value) + self.extended
        assert len(self.integrated) + len(self.without_integration) == self.given >= planned, "not finished"
        self.closed = True

    def _pathway_discontinued(self, fact: f.PathwayDiscontinued, entry: Entry) -> None:
        assert not any(visit.doses and visit.discharged_at is None for visit in self.visits.values())
        self.closed = True

    def _care_transferred(self, fact: f.CareTransferred, entry: Entry) -> None:
        assert not any(visit.doses and visit.discharged_at is None for visit in self.visits.values())
        self.closed = True

    def _death_recorded(self, fact: f.DeathRecorded, entry: Entry) -> None:
        self.closed = True

    def _series_extended(self, fact: f.SeriesExtended, entry: Entry) -> None:
        self.extended += fact.sessions

    # Work and messages

    def _work_item_opened(self, fact: f.WorkItemOpened, entry: Entry) -> None:
        assert fact.item.id not in self.work_ids
        assert fact.item.key not in {item.key for item in self.work.values()}, "owed twice"
        self.work_ids.add(fact.item.id)
        self.work[fact.item.id] = fact.item

    def _work_item_reassigned(self, fact: f.WorkItemReassigned, entry: Entry) -> None:
        before = self.work[fact.item.id]
        assert before.owner_id == fact.from_id != fact.item.owner_id
        owner = {"owner_id": fact.from_id, "taken_over": before.taken_over}
        assert fact.item.model_copy(update=owner) == before, "more than the owner changed"
        if fact.item.taken_over:
            assert entry.actor is not None
            assert entry.actor.id == fact.item.owner_id == self.taken_by, "taken over without their own word"
        self.work[fact.item.id], self.taken_by = fact.item, None

    def _work_reminded(self, fact: f.WorkReminded, entry: Entry) -> None:
        self._work_changed(fact.item_id, reminded_at=entry.at)

    def _work_transfer_offered(self, fact: f.WorkTransferOffered, entry: Entry) -> None:
        assert self.work[fact.item_id].transfer is None, "offered to two at once"
        self._work_changed(fact.item_id, transfer=fact.transfer)

    def _work_transfer_answered(self, fact: f.WorkTransferAnswered, entry: Entry) -> None:
        offered = self.work[fact.item_id].transfer
        assert offered is not None, "answered what was not offered"
        assert entry.at < offered.expires_at, "answered too late"
        assert entry.actor is not None
        assert entry.actor.id == offered.to_id == fact.person_id, "answered by somebody else"
        self._work_changed(fact.item_id, transfer=None)
        self.taken_by = fact.person_id if fact.accepted else None

    def _work_transfer_expired(self, fact: f.WorkTransferExpired, entry: Entry) -> None:
        offered = self.work[fact.item_id].transfer
        assert offered is not None, "what was not offered is over"
        assert offered.expires_at <= entry.recorded_at, "over too early"
        self._work_changed(fact.item_id, transfer=None)

    def _work_changed(self, item_id: str, **changes: object) -> None:
        self.work[item_id] = self.work[item_id].model_copy(update=changes)

    def _work_item_overdue(self, fact: f.WorkItemOverdue, entry: Entry) -> None:
        item = self.work[fact.item_id]
        assert item.next_deadline <= entry.recorded_at < fact.next_deadline
        assert fact.step > item.steps
        self.work[item.id] = item.model_copy(update={"steps": fact.step, "next_deadline": fact.next_deadline})

    def _work_item_closed(self, fact: f.WorkItemClosed, entry: Entry) -> None:
        assert self.work.pop(fact.item_id).kind is fact.kind

    def _message_requested(self, fact: f.MessageRequested, entry: Entry) -> None:
        message = fact.message
        assert message.id not in self.messages, "one id for two messages"
        self.messages.add(message.id)
        if message.template is Template.SESSION_REMINDER:
            assert self.consented(entry.recorded_at), "reminded after withdrawal"
            assert entry.recorded_at < self.visits[message.about].starts_at

    # The state that must follow

    @property
    def given(self) -> int:
        """Sessions in which drug was given."""
        return sum(bool(visit.doses) for visit in self.visits.values())

    def agrees_with(self, state: Pathway) -> None:
        """Compare with the state.

        Raises:
            AssertionError: They differ.
        """
        assert state.version == self.recorded
        assert state.sessions_given == self.given, "sessions used are those in which drug was given"
        assert tuple(self.work.values()) == state.work
        assert (state.closure is not None or state.ending is not None) == self.closed
        assert state.closure is None or not self.work, "owed after the end"
        assert (state.hold is not None) == self.held
        assert {one.id: one.level for one in state.alarms} == self.alarms
        assert state.messages_requested == len(self.messages)
        drug = [visit.last_drug_at for visit in self.visits.values() if visit.doses]
        assert state.last_drug_at == max(drug, default=None)
        if state.approval is not None:
            granted = self.granted[state.approval.id]
            assert state.approval.sessions_used == len(granted.sessions)
            # Once care has ended nothing of the series lapses any more, and no dose can follow.
            past = not self.closed and self.clock is not None and self.clock >= granted.approval.valid_until
            if granted.ended_at is not None or past:
                assert state.approval.status is not ApprovalStatus.IN_FORCE
