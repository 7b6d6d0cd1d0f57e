"""Rules of a drug's risk evaluation and mitigation strategy: enrolled first, and a form for each session."""

from datetime import datetime, timedelta
from typing import Any

from schemas.commands import FileRemsForm, RecordRemsEnrolment
from schemas.facts import Fact, RemsEnrolmentRecorded, RemsFormFiled
from schemas.pathway import Pathway
from schemas.protocol import Quantity
from schemas.regulation import Regulatory, RemsForm
from workflows.rules.refusing import require


def form_due_days(state: Pathway) -> Quantity | None:
    """Days until the form of a session is due; None where the treatment has no such programme."""
    return state.protocol.treatment(state.treatment).rems_form_due_days if state.protocol.regulation else None


def filed_late(state: Pathway, session_id: str, at: datetime) -> bool:
    """Whether the form of a session is owed and was due before ``at``."""
    return any(form.session_id == session_id and form.due_at < at for form in state.regulatory.rems_forms)


def record_rems_enrolment(state: Pathway, command: RecordRemsEnrolment, at: datetime) -> list[Fact]:
    """Once, where the treatment has such a programme, and with both halves in place."""
    del at
    require(form_due_days(state), "no_rems", "This treatment has no risk mitigation programme.")
    require(state.regulatory.rems_enrolled_at is None, "rems_already_enrolled", "The enrolment was recorded before.")
    for name in ("site_certified", "patient_enrolled"):
        sentence = "A dose waits until the site is certified and the patient is enrolled."
        require(getattr(command, name), "rems_incomplete", sentence, name)
    return [RemsEnrolmentRecorded(reference=command.reference)]


def file_rems_form(state: Pathway, command: FileRemsForm, at: datetime) -> list[Fact]:
    """For a session in which drug was given, once it is over."""
    session = state.cycle.session
    owed = any(form.session_id == command.session_id for form in state.regulatory.rems_forms)
    require(owed, "rems_form_not_owed", "No form is owed for this session.", "session_id")
    going_on = session is not None and session.id == command.session_id and is_going_on(state)
    require(not going_on, "session_in_progress", "The form tells of the whole session; it is not over.", "session_id")
    late = filed_late(state, command.session_id, at)
    return [RemsFormFiled(session_id=command.session_id, reference=command.reference, late=late)]


def is_going_on(state: Pathway) -> bool:
    """Whether drug was given in the session, the patient is still watched, and care has not ended."""
    return state.ending is None and state.cycle.session is not None and state.cycle.session.in_progress


def owes_forms(state: Pathway) -> bool:
    """Whether a form is owed, which the end of care does not change."""
    return bool(state.regulatory.rems_forms)


def rems_enrolment_recorded(state: Pathway, fact: RemsEnrolmentRecorded, at: datetime) -> dict[str, Any]:
    """From now on."""
    del fact
    return {"regulatory": state.regulatory.model_copy(update={"rems_enrolled_at": at})}


def rems_form_filed(state: Pathway, fact: RemsFormFiled, at: datetime) -> dict[str, Any]:
    """Not owed any more."""
    del at
    forms = tuple(form for form in state.regulatory.rems_forms if form.session_id != fact.session_id)
    return {"regulatory": state.regulatory.model_copy(update={"rems_forms": forms})}


def after_first_drug(state: Pathway, session_id: str, given_at: datetime) -> Regulatory:
    """A form is owed for the session, counted from its first drug."""
    days = form_due_days(state)
    if days is None:
        return state.regulatory
    form = RemsForm(session_id=session_id, due_at=given_at + timedelta(days=days.value))
    return state.regulatory.model_copy(update={"rems_forms": (*state.regulatory.rems_forms, form)})
