"""Questionnaires, suicide risk, check-ins and what there is to read, which go on through every phase."""

from schemas.commands import (
    ChooseEducation,
    ClearRisk,
    DecideWelfare,
    DeclineSafetyContact,
    RecordCheckin,
    RecordMeasure,
    RecordPatientContact,
    RecordRiskContact,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class Measuring(Conductor):
    """The patient is asked, and somebody owns every sign of danger and every missing answer."""

    record_measure = verb(RecordMeasure)
    record_risk_contact = verb(RecordRiskContact)
    clear_risk = verb(ClearRisk)
    record_checkin = verb(RecordCheckin)
    decide_welfare = verb(DecideWelfare)
    decline_safety_contact = verb(DeclineSafetyContact)
    choose_education = verb(ChooseEducation)
    record_patient_contact = verb(RecordPatientContact)
