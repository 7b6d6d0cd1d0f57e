"""Referral, screening and consent: before the first cycle."""

from schemas.commands import AcceptReferral, DecideScreening, DeclineReferral, RecordConsent, WithdrawConsent
from workflows.conductor import Conductor
from workflows.rules.standing import missing_consents
from workflows.verbs import verb


class EnrolmentPhase(Conductor):
    """The patient is taken on, found eligible by a physician, and consents."""

    accept_referral = verb(AcceptReferral)
    decline_referral = verb(DeclineReferral)
    decide_screening = verb(DecideScreening)
    record_consent = verb(RecordConsent)
    withdraw_consent = verb(WithdrawConsent)

    async def enrolled(self) -> None:
        """Wait until a care team, a physician's screening and every required consent are there."""
        await self.until(lambda state: state.care_team is not None)
        await self.until(lambda state: state.eligible is True)
        await self.until(lambda state: not missing_consents(state) or state.sessions_given > 0)
