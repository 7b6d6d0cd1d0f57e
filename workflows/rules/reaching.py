"""Rules of patients whom messages do not reach: a human speaks with them, and nothing else ends it."""

from datetime import datetime
from typing import Any

from schemas.actors import Role
from schemas.commands import RecordPatientContact
from schemas.facts import Fact, PatientContactRecorded, PatientNotReached
from schemas.messages import MessageRequest
from schemas.pathway import Pathway
from schemas.reaching import Unreached
from workflows.rules.refusing import require


def record_patient_contact(state: Pathway, command: RecordPatientContact, at: datetime) -> list[Fact]:
    """While a message is known that did not reach the patient."""
    del at
    require(state.unreached, "nobody_to_reach", "No message is known that did not reach the patient.")
    return [PatientContactRecorded(reached=command.reached)]


def not_reached(message: MessageRequest, code: str) -> list[Fact]:
    """What follows from a message that cannot be delivered: something to do, if it was the patient's."""
    if message.to_role is not Role.PATIENT:
        return []  # what staff owe climbs its ladder, whoever reads it or not
    return [PatientNotReached(message_id=message.id, template=message.template, code=code)]


def patient_not_reached(state: Pathway, fact: PatientNotReached, at: datetime) -> dict[str, Any]:
    """Known, once for each kind of message: a reminder that is lost as well adds nothing to what is to be done."""
    if any(one.template is fact.template for one in state.unreached):
        return {}
    return {"unreached": (*state.unreached, Unreached(message_id=fact.message_id, template=fact.template, since=at))}


def patient_contact_recorded(state: Pathway, fact: PatientContactRecorded, at: datetime) -> dict[str, Any]:
    """Reached, they can be told everything."""
    del state, at
    return {"unreached": ()} if fact.reached else {}
