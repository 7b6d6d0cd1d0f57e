"""What a human owes."""

from enum import StrEnum

from pydantic import Field

from schemas.actors import Role
from schemas.base import Id, Instant, Model


class WorkKind(StrEnum):
    """Kinds of work a pathway asks of people."""

    DECIDE_MERGE = "decide_merge"
    REVIEW_REPEATED_REFERRAL = "review_repeated_referral"
    ACCEPT_REFERRAL = "accept_referral"
    ASSIGN_THERAPIST = "assign_therapist"
    VERIFY_CREDENTIALS = "verify_credentials"
    RENEW_CREDENTIALS = "renew_credentials"
    CONTINUE_SERIES = "continue_series"
    RECORD_HEALTH_HISTORY = "record_health_history"
    RECORD_MEDICATIONS = "record_medications"
    CLEAR_CONDITION = "clear_condition"
    REVIEW_CONTRAINDICATION = "review_contraindication"
    DECIDE_MEDICATION = "decide_medication"
    REVIEW_WASHOUT = "review_washout"
    RECORD_LABS = "record_labs"
    REVIEW_LAB = "review_lab"
    RECORD_WEIGHT = "record_weight"
    DECIDE_SCREENING = "decide_screening"
    RECORD_CONSENT = "record_consent"
    RENEW_CONSENT = "renew_consent"
    ASSESS_CAPACITY = "assess_capacity"
    ACKNOWLEDGE_WITHDRAWAL = "acknowledge_withdrawal"
    ASK_CONTINUATION = "ask_continuation"
    DECIDE_AFTER_WITHDRAWAL = "decide_after_withdrawal"
    SIGN_PREPARATION_NOTE = "sign_preparation_note"
    APPROVE_DOSING = "approve_dosing"
    COUNTERSIGN_DOSING = "countersign_dosing"
    REVIEW_SUSPENDED_APPROVAL = "review_suspended_approval"
    CONFIRM_PACE = "confirm_pace"
    REVIEW_SPACING = "review_spacing"
    CONFIRM_CONDITION = "confirm_condition"
    ACKNOWLEDGE_DOSE_PLAN = "acknowledge_dose_plan"
    READ_DOSE_PLAN = "read_dose_plan"
    PLAN_IN_PERSON_VISIT = "plan_in_person_visit"
    RECORD_REMS_ENROLMENT = "record_rems_enrolment"
    FILE_REMS_FORM = "file_rems_form"
    RELEASE_SUPPLY = "release_supply"
    COUNT_SUPPLY = "count_supply"
    REVIEW_SUPPLY = "review_supply"
    SCHEDULE_SESSION = "schedule_session"
    RECORD_DAY_CHECKLIST = "record_day_checklist"
    REVIEW_ILLNESS = "review_illness"
    REBOOK_SESSION = "rebook_session"
    HOLD_SESSION = "hold_session"
    REVIEW_HOLD = "review_hold"
    ACKNOWLEDGE_HOLD = "acknowledge_hold"
    ACKNOWLEDGE_MESSAGE = "acknowledge_message"
    DECIDE_PREDOSE_VITALS = "decide_predose_vitals"
    RECORD_DEBRIEF = "record_debrief"
    DISCHARGE_PATIENT = "discharge_patient"
    HOLD_INTEGRATION_VISIT = "hold_integration_visit"
    FOLLOW_UP_OVERDUE_INTEGRATION = "follow_up_overdue_integration"
    ACKNOWLEDGE_EMERGENCY = "acknowledge_emergency"
    CLOSE_EMERGENCY = "close_emergency"
    MEASURE_VITALS = "measure_vitals"
    END_INFUSION = "end_infusion"
    ASK_SITTER = "ask_sitter"
    CALL_SITTER = "call_sitter"
    REVIEW_VITALS_ALARM = "review_vitals_alarm"
    REVIEW_INCIDENT = "review_incident"
    REVIEW_ADVERSE_EVENT = "review_adverse_event"
    DECIDE_MEDWATCH = "decide_medwatch"
    RECORD_OUTCOME = "record_outcome"
    REVIEW_CANCELLATION_REQUEST = "review_cancellation_request"
    ASSESS_RISK = "assess_risk"
    CONTACT_AT_RISK = "contact_at_risk"
    CLEAR_RISK = "clear_risk"
    HOLD_CHECKIN = "hold_checkin"
    FOLLOW_UP_NO_SHOW = "follow_up_no_show"
    CALL_PATIENT = "call_patient"
    DECIDE_WELFARE = "decide_welfare"
    REACH_PATIENT = "reach_patient"


class Priority(StrEnum):
    """How pressing work is; where none is given it is routine."""

    EMERGENCY = "p0"
    URGENT = "p1"
    BLOCKING = "p2"
    ROUTINE = "p3"

    @property
    def is_pressing(self) -> bool:
        """Whether it goes before everything else, at any hour."""
        return self in (Priority.EMERGENCY, Priority.URGENT)


class WorkTransfer(Model):
    """Work as it is offered to somebody, who has not accepted it yet."""

    to_id: Id
    expires_at: Instant


class WorkItem(Model):
    """Something a human owes, with one owner and always a next deadline, until a named human closes it."""

    id: Id
    kind: WorkKind
    subject: Id = Field(description="What it is about within the pathway, for example 'cycle-2'.")
    owner_role: Role
    owner_id: Id | None = None
    opened_at: Instant
    due_at: Instant
    hard_limit: Instant | None = None
    steps: int = Field(default=0, ge=0, description="Escalation steps taken so far.")
    next_deadline: Instant
    priority: Priority | None = None
    acknowledge_by: Instant | None = Field(default=None, description="When somebody has to have taken it up.")

    taken_over: bool | None = Field(default=None, description="The owner took it over from whoever has the place.")
    transfer: WorkTransfer | None = Field(default=None, description="The offer that stands; never two at once.")
    reminded_at: Instant | None = Field(default=None, description="When a colleague reminded its owner last.")

    @property
    def key(self) -> tuple[WorkKind, str]:
        """What makes two items the same work."""
        return (self.kind, self.subject)
