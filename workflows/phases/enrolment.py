"""Referral, screening and consent: before the first cycle."""

from temporalio import workflow

from schemas.commands import (
    AcceptLab,
    AcceptMedication,
    AcceptReferral,
    AcknowledgeWithdrawal,
    ClearCondition,
    DecideMerge,
    DecideScreening,
    DeclineReferral,
    NoteCapacity,
    QuestionCapacity,
    RecordConsent,
    RecordContinuation,
    RecordHealthHistory,
    RecordLabs,
    RecordMedications,
    RecordWeight,
    ReviewRepeatedReferral,
    StopMedication,
    WithdrawConsent,
)
from schemas.facts import IdentityCompared, ReferralRepeated
from schemas.referral import Comparison, RepeatedReferral
from workflows.conductor import Conductor
from workflows.rules.consents.standing import missing_consents
from workflows.verbs import verb


class EnrolmentPhase(Conductor):
    """The patient is taken on, found eligible by a physician, and consents."""

    decide_merge = verb(DecideMerge)
    review_repeated_referral = verb(ReviewRepeatedReferral)
    accept_referral = verb(AcceptReferral)
    decline_referral = verb(DeclineReferral)
    record_health_history = verb(RecordHealthHistory)
    clear_condition = verb(ClearCondition)
    record_medications = verb(RecordMedications)
    accept_medication = verb(AcceptMedication)
    stop_medication = verb(StopMedication)
    record_labs = verb(RecordLabs)
    accept_lab = verb(AcceptLab)
    record_weight = verb(RecordWeight)
    decide_screening = verb(DecideScreening)
    record_consent = verb(RecordConsent)
    withdraw_consent = verb(WithdrawConsent)
    acknowledge_withdrawal = verb(AcknowledgeWithdrawal)
    record_continuation = verb(RecordContinuation)
    question_capacity = verb(QuestionCapacity)
    note_capacity = verb(NoteCapacity)

    @workflow.signal(description="Who else may be this person, found after the pathway was opened.")
    def identity_compared(self, comparison: Comparison) -> None:
        """From the intake, once the directory is back."""
        if self.state.identity.pending:
            self.record(IdentityCompared(matches=comparison.matches))

    @workflow.signal(description="The person was referred again.")
    def referral_repeated(self, repeated: RepeatedReferral) -> None:
        """From the intake of another referral of the same person."""
        self.record(
            ReferralRepeated(
                referral_id=repeated.referral_id,
                source=repeated.source,
                concern=repeated.concern,
                goals=repeated.goals,
            )
        )

    async def enrolled(self) -> None:
        """Wait until a care team, a physician's screening and every required consent are there."""
        await self.until(lambda state: state.care_team is not None)
        await self.until(lambda state: state.eligible is True)
        await self.until(lambda state: not missing_consents(state) or state.sessions_given > 0)
