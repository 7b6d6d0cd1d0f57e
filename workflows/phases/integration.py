"""Integration: what the session showed becomes part of the therapy."""

from schemas.commands import RecordNoShow, SignIntegrationNote
from workflows.conductor import Conductor
from workflows.verbs import verb


class IntegrationPhase(Conductor):
    """The therapist holds the visit in its window and signs."""

    sign_integration_note = verb(SignIntegrationNote)
    record_no_show = verb(RecordNoShow)

    async def integrated(self) -> None:
        """Wait for the signed note, which completes the cycle."""
        await self.until(lambda state: state.cycle.session is None or state.cycle.session.discharged_at is None)
