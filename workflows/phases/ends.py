"""Follow-up and the ends of a pathway."""

from schemas.commands import CompletePathway, DiscontinuePathway, DismissCancellation
from workflows.conductor import Conductor
from workflows.verbs import verb


class EndPhase(Conductor):
    """The physician records the outcome; anybody may stop early; nobody is stopped by a timer."""

    complete_pathway = verb(CompletePathway)
    discontinue_pathway = verb(DiscontinuePathway)
    dismiss_cancellation = verb(DismissCancellation)

    async def followed_up(self) -> None:
        """Wait for the outcome."""
        await self.until(lambda state: state.closure is not None)
