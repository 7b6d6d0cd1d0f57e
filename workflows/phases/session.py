"""The dosing session: booked, received, measured, medicated, observed, debriefed, discharged."""

from schemas.commands import (
    AcknowledgeHold,
    CancelSession,
    CaptureInsight,
    CheckIn,
    ConfirmAppointment,
    DecidePredoseVitals,
    DischargePatient,
    EndInfusion,
    LiftHold,
    RecordAdministration,
    RecordDayChecklist,
    RecordDebrief,
    RecordSitterCheck,
    RecordSitterContact,
    RecordUnauthorisedAdministration,
    RecordVitals,
    ReportContactLost,
    ScheduleSession,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class SessionPhase(Conductor):
    """A session counts once drug was given in it, and ends with the discharge."""

    schedule_session = verb(ScheduleSession)
    cancel_session = verb(CancelSession)
    confirm_appointment = verb(ConfirmAppointment)
    record_day_checklist = verb(RecordDayChecklist)
    check_in = verb(CheckIn)
    record_vitals = verb(RecordVitals)
    decide_predose_vitals = verb(DecidePredoseVitals)
    lift_hold = verb(LiftHold)
    acknowledge_hold = verb(AcknowledgeHold)
    record_administration = verb(RecordAdministration)
    record_unauthorised_administration = verb(RecordUnauthorisedAdministration)
    end_infusion = verb(EndInfusion)
    record_sitter_check = verb(RecordSitterCheck)
    report_contact_lost = verb(ReportContactLost)
    record_sitter_contact = verb(RecordSitterContact)
    capture_insight = verb(CaptureInsight)
    record_debrief = verb(RecordDebrief)
    discharge_patient = verb(DischargePatient)

    async def session_held(self) -> None:
        """Wait for the discharge. A hold, a cancellation or an expired approval only makes the wait longer."""
        cycle = self.state.cycle.number
        await self.until(
            lambda state: (
                state.cycle.number > cycle
                or (state.cycle.session is not None and state.cycle.session.discharged_at is not None)
            )
        )
