"""Protocol files: read strictly, and refused with the place of the mistake.

Read as YAML 1.2 would be: ``no`` is a word, ``10:00`` is a text and a date is a text. By the older rules of the YAML
library a mistyped ``10:00`` would silently become the number 600.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from schemas.protocol import Protocol
from schemas.protocol.checks import Problem, contradictions, gaps
from schemas.refusals import Refusal, refusals_from_validation

UNREADABLE_FILE: Final = "unreadable_file"
MALFORMED_YAML: Final = "malformed_yaml"
DUPLICATE_KEY: Final = "duplicate_key"
PROTOCOL_INCOMPLETE: Final = "protocol_incomplete"
PROTOCOL_CONTRADICTORY: Final = "protocol_contradictory"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class ProtocolInvalid(Exception):
    """A protocol that cannot be used: its file, and a refusal with field and sentence for each thing that is wrong."""

    def __init__(self, file: str, refusal: Refusal, *more: Refusal) -> None:
        super().__init__(f"{file}: {refusal.sentence}")
        self.file = file
        self.refusal = refusal
        self.refusals = (refusal, *more)


def load_protocol(name_or_path: str) -> Protocol:
    """The protocol that is packaged under a name such as ``kap-default``, or the one in a YAML file.

    Args:
        name_or_path: Taken as a path where it contains a slash or ends in ``.yaml`` or ``.yml``.

    Raises:
        ProtocolInvalid: No such file, no YAML, a key given twice, or not a complete protocol.
    """
    if "/" in name_or_path or name_or_path.endswith((".yaml", ".yml")):
        return _parsed(name_or_path, _text(name_or_path, Path(name_or_path)))
    if not _NAME.fullmatch(name_or_path):
        raise _invalid(name_or_path, UNREADABLE_FILE, "A packaged protocol has a name like kap-default.")
    return _parsed(name_or_path, _text(name_or_path, files("schemas") / "protocols" / f"{name_or_path}.yaml"))


def _text(file: str, source: Any) -> str:
    try:
        text: str = source.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "no such file"
        raise _invalid(file, UNREADABLE_FILE, f"The file cannot be read: {reason}.") from None
    except UnicodeDecodeError:
        raise _invalid(file, UNREADABLE_FILE, "The file is not UTF-8 text.") from None
    return text


def _parsed(file: str, text: str) -> Protocol:
    try:
        document = json.dumps(yaml.load(text, Loader=_StrictLoader), allow_nan=False)  # noqa: S506  a SafeLoader
    except _DuplicateKey as error:
        raise _invalid(file, DUPLICATE_KEY, f"Line {error.line} gives a key that was given before.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise _invalid(file, MALFORMED_YAML, f"The file is not YAML{where}.") from None
    except (TypeError, ValueError, RecursionError):  # a tag for sets, bytes or dates; a value that contains itself
        raise _invalid(file, MALFORMED_YAML, "The file holds values that JSON does not know.") from None
    try:
        protocol = Protocol.model_validate_json(document)
    except ValidationError as error:
        raise ProtocolInvalid(file, *refusals_from_validation(error)) from None
    found = [
        *(_refusal(PROTOCOL_INCOMPLETE, problem) for problem in gaps(protocol)),
        *(_refusal(PROTOCOL_CONTRADICTORY, problem) for problem in contradictions(protocol)),
    ]
    if found:
        raise ProtocolInvalid(file, *found)
    return protocol


def _refusal(code: str, problem: Problem) -> Refusal:
    return Refusal(code=code, field=problem.path, sentence=problem.sentence)


def _invalid(file: str, code: str, sentence: str) -> ProtocolInvalid:
    return ProtocolInvalid(file, Refusal(code=code, sentence=sentence))


class _DuplicateKey(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _StrictLoader(yaml.SafeLoader):
    """YAML with JSON's values only, and without a second value for the same key hiding the first."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  as the base class declares it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping.

        Raises:
            _DuplicateKey: A key comes twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _DuplicateKey(key.start_mark.line + 1)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", list("-0123456789")),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)
