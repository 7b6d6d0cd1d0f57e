"""What the directory of people is told."""

from typing import Self

from pydantic import model_validator

from schemas.actors import Role
from schemas.base import Id, Model
from schemas.messages import Contact
from schemas.referral import Person
from schemas.refusals import Unacceptable


class CompareIdentity(Model):
    """Somebody to be compared with everybody known."""

    pathway_id: Id
    person: Person


class PutContact(Model):
    """Somebody to be reached from now on; for a patient also who that is. Replaces what was known under the same id."""

    contact: Contact
    person: Person | None = None

    @model_validator(mode="after")
    def _only_patients_are_described(self) -> Self:
        if self.person is not None and self.contact.role is not Role.PATIENT:
            raise Unacceptable("only of a patient more is kept than how to reach them")
        return self
