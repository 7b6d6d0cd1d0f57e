"""What the law asks for beside medicine, which may be told in every phase."""

from schemas.commands import FileRemsForm, RecordInPersonVisit, RecordRemsEnrolment, RecordWhereabouts
from workflows.conductor import Conductor
from workflows.verbs import verb


class Regulation(Conductor):
    """Where and to whom a dose may be given is data with a date and a place; humans supply what it asks for."""

    record_in_person_visit = verb(RecordInPersonVisit)
    record_whereabouts = verb(RecordWhereabouts)
    record_rems_enrolment = verb(RecordRemsEnrolment)
    file_rems_form = verb(FileRemsForm)
