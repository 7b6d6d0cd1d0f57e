"""Protocols for tests: the packaged one, and variants of it."""

import json
from functools import cache
from typing import Any, TypeVar

from activities.protocols import load_protocol
from schemas.protocol import Protocol, RouteLimits
from schemas.treatment import DrugRoute, TreatmentRoute

T = TypeVar("T")


def given(section: T | None) -> T:
    """A section that the packaged protocol has."""
    assert section is not None
    return section


@cache
def packaged() -> Protocol:
    """The packaged default protocol."""
    return load_protocol("kap-default")


def varied(changes: dict[str, Any], protocol: Protocol | None = None) -> Protocol:
    """A protocol with other values at dotted paths, as in ``{"series.sessions": 2, "ladder.repeat_every_h": 5}``.

    A path to a quantity changes its value and keeps its unit and source. The result is validated.
    """
    document = json.loads((protocol or packaged()).model_dump_json())
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = document
        for parent in parents:
            place = place[int(parent)] if isinstance(place, list) else place[parent]
        key: Any = int(last) if isinstance(place, list) else last
        if isinstance(place[key], dict) and "provenance" in place[key]:
            place, key = place[key], "value"
        place[key] = value
    return Protocol.model_validate_json(json.dumps(document))


def kap_routes() -> dict[DrugRoute, RouteLimits]:
    """The routes of administration that belong to psychotherapy with ketamine, with their limits."""
    return {route: packaged().routes[route] for route in packaged().treatments[TreatmentRoute.KAP].drug_routes}


@cache
def short(sessions: int = 2) -> Protocol:
    """The packaged protocol with a series of few sessions."""
    return varied({"series.sessions": sessions})
