"""The care team, which may change in every phase."""

from schemas.commands import (
    AcknowledgeMessage,
    AnswerOffer,
    AnswerTransfer,
    ChangeCareTeam,
    CloseWork,
    ContinueSeries,
    EndCover,
    NameCover,
    OfferTherapist,
    PostMessage,
    RecordCredentials,
    RemindOwner,
    RequestHelp,
    ReviseMessage,
    TransferWork,
    WithdrawOffer,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class Teamwork(Conductor):
    """Who treats, who stands in, what was verified about them, what they tell each other, and work as such."""

    change_care_team = verb(ChangeCareTeam)
    offer_therapist = verb(OfferTherapist)
    answer_offer = verb(AnswerOffer)
    withdraw_offer = verb(WithdrawOffer)
    name_cover = verb(NameCover)
    end_cover = verb(EndCover)
    continue_series = verb(ContinueSeries)
    record_credentials = verb(RecordCredentials)
    post_message = verb(PostMessage)
    revise_message = verb(ReviseMessage)
    acknowledge_message = verb(AcknowledgeMessage)
    remind_owner = verb(RemindOwner)
    request_help = verb(RequestHelp)
    transfer_work = verb(TransferWork)
    answer_transfer = verb(AnswerTransfer)
    close_work = verb(CloseWork)
