"""Rules of the move to another version of the protocol. What was decided under the old one is judged by the new one.

The approval is suspended by it (see ``consequences/suspension.py``); consents, tests and deadlines are what the new
version makes of them. Nothing is approved, cleared or completed by a move.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from schemas.commands import MoveProtocol
from schemas.facts import Fact, ProtocolMoved
from schemas.pathway import Pathway
from schemas.protocol import Protocol
from schemas.protocol.checks import contradictions, gaps
from workflows.rules.checkins import LONG_TERM
from workflows.rules.refusing import Refused, require


def move_protocol(state: Pathway, command: MoveProtocol, at: datetime) -> list[Fact]:
    """Between sessions, to another version that is whole and has everything the pathway stands on."""
    del at
    new, session = command.protocol, state.cycle.session
    here = session is not None and session.checked_in_at is not None and session.discharged_at is None
    require(not here, "session_in_progress", "The patient is here for a session; move the pathway after it.")
    _require_another(state.protocol, new)
    for path, sentence in gaps(new):
        raise Refused("protocol_incomplete", sentence, f"protocol.{path}")
    _require_fitting(state, new)
    for path, sentence in contradictions(new):
        raise Refused("protocol_contradictory", sentence, f"protocol.{path}")
    return [
        ProtocolMoved(
            before=state.protocol.name,
            after=new.name,
            content_before=state.protocol.model_dump_json(exclude_none=True),
            content_after=new.model_dump_json(exclude_none=True),
        )
    ]


def _require_another(old: Protocol, new: Protocol) -> None:
    require(new != old, "protocol_unchanged", "The pathway runs under this version already.", "protocol.version")
    require(
        new.name != old.name,
        "protocol_version_reused",
        "This is not what the pathway runs under, but has its name; what is changed needs a new version.",
        "protocol.version",
    )


def _require_fitting(state: Pathway, new: Protocol) -> None:
    """Everything that the pathway's past and plans are read by has to be there."""
    _require_in(new.treatments, state.treatment, "treatments", "the treatment of the pathway")
    sessions = [one for one in (state.cycle.session, state.last_session) if one is not None]
    routes = [dose.route for session in sessions for dose in session.doses]
    routes += [state.approval.route] if state.approval is not None else []
    for route in dict.fromkeys(routes):
        _require_in(new.routes, route, "routes", "the route by which a dose was given or approved")
    kinds = {LONG_TERM, *(new.checkins.after_session if new.checkins is not None else ())}
    for kind in [one.kind for one in state.checkins.open] + [one.kind for one in state.checkins.planned]:
        _require_in(kinds, kind, "checkins.after_session", "a kind of check-in that is planned or open")


def _require_in(known: Collection[str], wanted: str, field: str, what: str) -> None:
    sentence = f"This version does not have {what}."
    require(wanted in known, "protocol_does_not_fit", sentence, f"protocol.{field}", lacks=str(wanted))


def protocol_moved(state: Pathway, fact: ProtocolMoved, at: datetime) -> dict[str, Any]:
    """Everything is judged by the new version from now on."""
    del state, at
    return {"protocol": fact.protocol_after()}
