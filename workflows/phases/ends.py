"""Follow-up and the ends of a pathway."""

from schemas.commands import (
    CompletePathway,
    DiscontinuePathway,
    DismissCancellation,
    ExtendSeries,
    RecordDeath,
    TransferCare,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class EndPhase(Conductor):
    """The physician records the outcome; anybody may stop early; nobody is stopped by a timer."""

    extend_series = verb(ExtendSeries)
    complete_pathway = verb(CompletePathway)
    discontinue_pathway = verb(DiscontinuePathway)
    transfer_care = verb(TransferCare)
    record_death = verb(RecordDeath)
    dismiss_cancellation = verb(DismissCancellation)

    async def followed_up(self) -> None:
        """Wait for the outcome, or for a physician who lets the series go on."""
        await self.until(lambda state: state.series_continues)

    async def safety_contact_kept(self) -> None:
        """After the end of care: wait until nobody has to ask after the patient any more."""
        await self.until(lambda state: state.closure is not None, after_the_end=True)
