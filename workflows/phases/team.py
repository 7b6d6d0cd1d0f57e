"""The care team, which may change in every phase."""

from schemas.commands import (
    AnswerOffer,
    ChangeCareTeam,
    CloseWork,
    ContinueSeries,
    EndCover,
    NameCover,
    OfferTherapist,
    RecordCredentials,
    WithdrawOffer,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class Teamwork(Conductor):
    """Who treats, who stands in, what was verified about them, and the work they owe as such."""

    change_care_team = verb(ChangeCareTeam)
    offer_therapist = verb(OfferTherapist)
    answer_offer = verb(AnswerOffer)
    withdraw_offer = verb(WithdrawOffer)
    name_cover = verb(NameCover)
    end_cover = verb(EndCover)
    continue_series = verb(ContinueSeries)
    record_credentials = verb(RecordCredentials)
    close_work = verb(CloseWork)
