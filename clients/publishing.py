"""The JSON Schemas that other programs rely on: published as files, held current by a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel

import schemas
from schemas.answers import Receipt, Status
from schemas.commands import COMMANDS
from schemas.events import Event
from schemas.messages import Contact
from schemas.pathway import Closure
from schemas.referral import IntakeReceipt, Referral
from schemas.refusals import Refusal
from schemas.scenario import Scenario
from schemas.webhooks import Notice

FOLDER: Final = Path(schemas.__file__).parent / "published"
"""Where the files are, one for each schema."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_IN: Final[dict[str, type[BaseModel]]] = {"referral": Referral, "contact": Contact, "scenario": Scenario}
_OUT: Final[dict[str, type[BaseModel]]] = {
    "intake_receipt": IntakeReceipt,
    "receipt": Receipt,
    "status": Status,
    "closure": Closure,
    "event": Event,
    "refusal": Refusal,
    "webhook": Notice,
}


def documents() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file without suffix; commands are named after their verbs."""
    taken = {f"command.{verb}": command for verb, command in COMMANDS.items()} | _IN
    return {name: _schema(model, "validation") for name, model in taken.items()} | {
        name: _schema(model, "serialization") for name, model in _OUT.items()
    }


def outdated() -> list[str]:
    """Names of files that are missing, differ, or belong to no schema any more."""
    texts = _texts()
    there = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    return sorted(name for name in texts.keys() | there.keys() if texts.get(name) != there.get(name))


def write() -> list[Path]:
    """Bring the files up to date; returns those that changed."""
    texts, changed = _texts(), outdated()
    FOLDER.mkdir(exist_ok=True)
    for name in changed:
        if name in texts:
            (FOLDER / name).write_text(texts[name])
        else:
            (FOLDER / name).unlink()
    return [FOLDER / name for name in changed]


def _texts() -> dict[str, str]:
    return {f"{name}.json": json.dumps(document, indent=2) + "\n" for name, document in documents().items()}


def _schema(model: type[BaseModel], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    return {"$schema": _DIALECT, **model.model_json_schema(mode=mode)}
