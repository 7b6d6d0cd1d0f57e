"""Protocol files: read strictly, and refused with the place of the mistake."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from activities.strict_yaml import UNREADABLE_FILE, FileInvalid, read_file
from schemas.protocol import Protocol
from schemas.protocol.checks import Problem, contradictions, gaps
from schemas.refusals import Refusal

PROTOCOL_INCOMPLETE: Final = "protocol_incomplete"
PROTOCOL_CONTRADICTORY: Final = "protocol_contradictory"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class ProtocolInvalid(FileInvalid):
    """A protocol that cannot be used."""


def load_protocol(name_or_path: str) -> Protocol:
    """The protocol that is packaged under a name such as ``kap-default``, or the one in a YAML file.

    Args:
        name_or_path: Taken as a path where it contains a slash or ends in ``.yaml`` or ``.yml``.

    Raises:
        ProtocolInvalid: No such file, no YAML, a key given twice, or not a complete protocol.
    """
    if "/" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return _parsed(name_or_path, Path(name_or_path))
    if not _NAME.fullmatch(name_or_path):
        refusal = Refusal(code=UNREADABLE_FILE, sentence="A packaged protocol has a name like kap-default.")
        raise ProtocolInvalid(name_or_path, refusal)
    return _parsed(name_or_path, files("schemas") / "protocols" / f"{name_or_path}.yaml")


def _parsed(file: str, source: Any) -> Protocol:
    protocol = read_file(file, source, Protocol, ProtocolInvalid)
    found = [
        *(_refusal(PROTOCOL_INCOMPLETE, problem) for problem in gaps(protocol)),
        *(_refusal(PROTOCOL_CONTRADICTORY, problem) for problem in contradictions(protocol)),
    ]
    if found:
        raise ProtocolInvalid(file, *found)
    return protocol


def _refusal(code: str, problem: Problem) -> Refusal:
    return Refusal(code=code, field=problem.path, sentence=problem.sentence)
