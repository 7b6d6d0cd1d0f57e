"""``ReferralIntake``: from a referral to an open pathway, or to the answer that there is one already."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import (
    RetryPolicy,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError

from schemas.actors import Role
from schemas.messages import Contact
from schemas.pathway import Phase
from schemas.people import CompareIdentity, PutContact
from schemas.public import Phrase
from schemas.records import ActivityName, TaskQueue
from schemas.referral import (
    Admission,
    Comparison,
    Enrolment,
    IntakeReceipt,
    IntakeStatus,
    Referral,
    RepeatedReferral,
)
from schemas.start import PathwayStart
from workflows.conductor import ATTENTION_KEY, PHASE_KEY, PROTOCOL_KEY
from workflows.housekeeping import QUICK_WRITE
from workflows.pathway import CarePathway
from workflows.posting import PATIENT
from workflows.rules.status import CALM


@workflow.defn
class ReferralIntake:
    """Identifies the person, opens the pathway, and files the contact, in that order.

    The person's opaque id is a keyed hash and the pathway's workflow id, so the engine itself holds that a person has
    at most one open pathway, even while the database is away.
    """

    @workflow.init
    def __init__(self, referral: Referral) -> None:
        self.referral = referral
        self.receipt: IntakeReceipt | None = None

    @workflow.run
    async def run(self, referral: Referral) -> IntakeReceipt:
        """Open the pathway and answer; then see to it that the contact is filed."""
        admission = await workflow.execute_local_activity(
            ActivityName.ADMIT_REFERRAL,
            referral,
            result_type=Admission,
            schedule_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_attempts=3),
        )
        comparison = await self._compared_at_once(admission)
        status = await self._opened(admission, comparison)
        self.receipt = IntakeReceipt(pathway_id=admission.pathway_id, status=status)
        if status is IntakeStatus.OPENED:
            await self._contact_filed(admission.pathway_id)
            if comparison is None:
                await self._compared_later(admission)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.receipt

    @workflow.update(description="What became of the referral, as soon as it is known.")
    async def answer(self) -> IntakeReceipt:
        """Wait until the pathway is open, or found to be open."""
        await workflow.wait_condition(lambda: self.receipt is not None)
        if self.receipt is None:
            raise RuntimeError("woken without a receipt")
        return self.receipt

    async def _compared_at_once(self, admission: Admission) -> Comparison | None:
        """Who else may be this person; None while the directory is away, which must not keep a referral waiting."""
        try:
            comparison: Comparison = await workflow.execute_local_activity(
                ActivityName.COMPARE_IDENTITY,
                CompareIdentity(pathway_id=admission.pathway_id, person=self.referral.patient),
                result_type=Comparison,
                schedule_to_close_timeout=QUICK_WRITE,
                retry_policy=RetryPolicy(maximum_attempts=2),
            )
        except FailureError:  # a local one fails as what it raised, not as an ActivityError
            return None
        return comparison

    async def _compared_later(self, admission: Admission) -> None:
        """As soon as the directory is back, tell the pathway, which does not advance before."""
        comparison = await workflow.execute_activity(
            ActivityName.COMPARE_IDENTITY,
            CompareIdentity(pathway_id=admission.pathway_id, person=self.referral.patient),
            result_type=Comparison,
            task_queue=TaskQueue.RECORDS,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
        )
        with suppress(ApplicationError):  # the pathway was closed meanwhile
            await workflow.get_external_workflow_handle(admission.pathway_id).signal(
                CarePathway.identity_compared, comparison
            )

    async def _opened(self, admission: Admission, comparison: Comparison | None) -> IntakeStatus:
        """Open the pathway. To one that is open the referral is told; if that closes just then, open another one."""
        while True:
            try:
                await self._started(admission, comparison)
                return IntakeStatus.OPENED
            except WorkflowAlreadyStartedError:
                pass
            try:
                await self._told(admission.pathway_id)
                return IntakeStatus.ALREADY_OPEN
            except ApplicationError:
                continue

    async def _told(self, pathway_id: str) -> None:
        """Nothing that a referral says is lost because the pathway is open already."""
        referral = self.referral
        await workflow.get_external_workflow_handle(pathway_id).signal(
            CarePathway.referral_repeated,
            RepeatedReferral(
                referral_id=referral.referral_id,
                source=referral.source,
                concern=referral.concern,
                goals=referral.goals,
            ),
        )

    async def _started(self, admission: Admission, comparison: Comparison | None) -> None:
        referral = self.referral
        enrolment = Enrolment(
            referral_id=referral.referral_id,
            source=referral.source,
            treatment=referral.treatment,
            setting=referral.setting,
            zone=referral.patient.zone,
            residence=referral.patient.residence,
            concern=referral.concern,
            goals=referral.goals,
            indications=referral.indications,
            therapist=referral.therapist,
            therapist_id=referral.therapist_id,
            comparison=comparison,
            protocol=admission.protocol,
            clock=referral.clock,
        )
        await workflow.start_child_workflow(
            CarePathway.run,
            PathwayStart(enrolment=enrolment),
            id=admission.pathway_id,
            task_queue=TaskQueue.PATHWAYS,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(PROTOCOL_KEY, admission.protocol.name),
                    SearchAttributePair(PHASE_KEY, Phase.REFERRAL),
                    SearchAttributePair(ATTENTION_KEY, CALM),
                ]
            ),
            static_summary=Phrase.CARE_PATHWAY.text(),
        )

    async def _contact_filed(self, pathway_id: str) -> None:
        person = self.referral.patient
        contact = Contact(
            id=pathway_id,
            role=Role.PATIENT,
            name=f"{person.given_name} {person.family_name}"[:200],
            email=person.email,
            zone=person.zone,
        )
        await workflow.execute_activity(
            ActivityName.PUT_CONTACT,
            PutContact(contact=contact, person=person),
            task_queue=TaskQueue.RECORDS,
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
        )
