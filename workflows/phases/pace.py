"""How close sessions follow each other."""

from schemas.commands import ConfirmPace, ReviewSpacing
from workflows.conductor import Conductor
from workflows.verbs import verb


class Pacing(Conductor):
    """The therapist and the physician have a word on sessions that follow each other closely."""

    confirm_pace = verb(ConfirmPace)
    review_spacing = verb(ReviewSpacing)
