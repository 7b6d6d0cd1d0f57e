"""What may go wrong at any time: alarms, emergencies, adverse events."""

from schemas.commands import (
    AcknowledgeEmergency,
    CloseEmergency,
    DecideMedwatch,
    DeclareEmergency,
    RecordAdverseEvent,
    ReviewAdverseEvent,
    ReviewIncident,
    ReviewVitalsAlarm,
)
from workflows.conductor import Conductor
from workflows.verbs import verb


class SafetyWatch(Conductor):
    """Anybody declares an emergency; a named human takes it on; a physician closes it."""

    declare_emergency = verb(DeclareEmergency)
    acknowledge_emergency = verb(AcknowledgeEmergency)
    close_emergency = verb(CloseEmergency)
    review_incident = verb(ReviewIncident)
    review_vitals_alarm = verb(ReviewVitalsAlarm)
    record_adverse_event = verb(RecordAdverseEvent)
    review_adverse_event = verb(ReviewAdverseEvent)
    decide_medwatch = verb(DecideMedwatch)
