"""What dated and regional rules ask of people."""

from collections.abc import Iterator
from datetime import timedelta

from schemas.pathway import Pathway
from schemas.protocol import RegulationRules
from schemas.treatment import ApprovalStatus
from schemas.work import WorkKind
from workflows.rules.owed.obligation import Obligation
from workflows.rules.regulation import is_over_video, telemedicine_ends_at
from workflows.rules.rems import form_due_days, is_going_on

TELEMEDICINE = "telemedicine"


def owed(state: Pathway) -> Iterator[Obligation]:
    """A visit in person, the enrolment in the drug's programme, and its forms."""
    yield from _visit(state)
    enrolled = state.regulatory.rems_enrolled_at is not None or form_due_days(state) is None
    if not enrolled and state.care_team is not None and state.series_continues:
        yield Obligation(WorkKind.RECORD_REMS_ENROLMENT, "rems")
    yield from remaining(state)


def remaining(state: Pathway) -> Iterator[Obligation]:
    """Forms of sessions that are over, also once care has ended."""
    session = state.cycle.session
    for form in state.regulatory.rems_forms:
        if not (is_going_on(state) and session is not None and session.id == form.session_id):
            yield Obligation(WorkKind.FILE_REMS_FORM, form.session_id, due_at=form.due_at)


def _visit(state: Pathway) -> Iterator[Obligation]:
    """A visit in person for a patient who was only seen over video, before the permission for that ends."""
    rules = state.protocol.regulation
    if rules is None or not is_over_video(state):
        return
    # An approval that ends meanwhile closes nothing that a physician owes.
    asked = (WorkKind.PLAN_IN_PERSON_VISIT, TELEMEDICINE) in {item.key for item in state.work}
    warned_at = state.regulatory.telemedicine_warned_at
    if asked or warned_at is not None or _outlives(state, rules):
        due_at = telemedicine_ends_at(state, rules) - timedelta(days=rules.telemedicine.visit_days_before.value)
        too_late = warned_at is not None and warned_at >= due_at
        yield Obligation(WorkKind.PLAN_IN_PERSON_VISIT, TELEMEDICINE, due_at=None if too_late else due_at)


def _outlives(state: Pathway, rules: RegulationRules) -> bool:
    """Whether the approval goes on after the permission ends."""
    approval = state.approval
    stands = approval is not None and approval.status in (ApprovalStatus.IN_FORCE, ApprovalStatus.PROPOSED)
    return stands and approval is not None and approval.valid_until > telemedicine_ends_at(state, rules)
