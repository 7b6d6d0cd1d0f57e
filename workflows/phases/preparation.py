"""Preparation: intentions, recent stressors and goals become a roadmap."""

from schemas.commands import SignPreparationNote
from workflows.conductor import Conductor
from workflows.verbs import verb


class PreparationPhase(Conductor):
    """The therapist prepares the patient and signs."""

    sign_preparation_note = verb(SignPreparationNote)

    async def prepared(self) -> None:
        """Wait for the signed note of this cycle."""
        await self.until(lambda state: state.cycle.prepared_at is not None or not state.has_psychotherapy)
