"""Rules of what a patient gets to read: only who asked for it, and not while something grave is open."""

from datetime import datetime
from typing import Any

from schemas.commands import ChooseEducation
from schemas.facts import EducationChosen, EducationDue, Fact
from schemas.pathway import Pathway
from workflows.rules.refusing import require


def choose_education(state: Pathway, command: ChooseEducation, at: datetime) -> list[Fact]:
    """As the patient said; to want it, there must be something to read."""
    del at
    there = state.protocol.education is not None or not command.wanted
    require(there, "education_not_in_protocol", "The protocol has nothing to read for patients.")
    new = command.wanted is not (state.education.wanted_since is not None)
    require(new, "education_as_before", "This is what the patient chose before.", "wanted")
    return [EducationChosen(wanted=command.wanted)]


def education_chosen(state: Pathway, fact: EducationChosen, at: datetime) -> dict[str, Any]:
    """What they were told of before is not said again."""
    return {"education": state.education.model_copy(update={"wanted_since": at if fact.wanted else None})}


def education_due(state: Pathway, fact: EducationDue, at: datetime) -> dict[str, Any]:
    """Told once."""
    told = (*state.education.told, fact.topic)
    return {"education": state.education.model_copy(update={"told": told, "told_last_at": at})}


def is_education_welcome(state: Pathway) -> bool:
    """Whether the patient wants it, and nothing is open beside which a leaflet would be out of place."""
    grave = state.emergency is not None or state.hold is not None or state.risk.blocked or bool(state.alarms)
    return state.education.wanted_since is not None and not grave and state.ending is None


def next_topic(state: Pathway) -> str | None:
    """The first topic for this patient that they were not told of."""
    rules = state.protocol.education
    for name, topic in rules.topics.items() if rules is not None else ():
        meant = not topic.indications or not set(topic.indications).isdisjoint(state.indications)
        if meant and name not in state.education.told:
            return name
    return None
