"""Rules of where the patient is: the zone that clocks on the wall go by, and the state whose law counts."""

from datetime import datetime
from typing import Any

from schemas.commands import RecordWhereabouts
from schemas.facts import Fact, WhereaboutsRecorded
from schemas.pathway import Pathway
from workflows.rules.refusing import require


def record_whereabouts(state: Pathway, command: RecordWhereabouts, at: datetime) -> list[Fact]:
    """Something has to be new. Reminders follow the zone from now on; what has a date keeps its instant."""
    del at
    told = command.zone is not None or command.residence is not None
    require(told, "whereabouts_missing", "Tell the new zone, the new state of residence, or both.", "zone")
    zone, residence = command.zone or state.zone, command.residence or state.residence
    known = (zone, residence) == (state.zone, state.residence) and state.zone_told
    require(not known, "whereabouts_known", "Nothing of this is new.", "zone")
    return [WhereaboutsRecorded(zone=zone, residence=residence)]


def whereabouts_recorded(state: Pathway, fact: WhereaboutsRecorded, at: datetime) -> dict[str, Any]:
    """From now on; an approval that was given for a patient of another state is suspended by that."""
    del state, at
    return {"zone": fact.zone, "residence": fact.residence, "zone_told": True}
