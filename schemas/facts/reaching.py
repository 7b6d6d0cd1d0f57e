"""Facts about patients whom messages do not reach."""

from typing import Literal

from schemas.base import Id
from schemas.facts.base import Fact
from schemas.messages import Template


class PatientNotReached(Fact):
    """No channel brought a message to the patient, or none that anybody notices."""

    type: Literal["patient_not_reached"] = "patient_not_reached"
    message_id: Id
    template: Template
    code: Id


class PatientContactRecorded(Fact):
    """Somebody spoke with a patient whom messages did not reach, or tried to."""

    type: Literal["patient_contact_recorded"] = "patient_contact_recorded"
    reached: bool
