"""Files of settings in YAML, read strictly.

Read as YAML 1.2 would be: ``no`` is a word, ``10:00`` is a text and a date is a text. By the older rules of the YAML
library a mistyped ``10:00`` would silently become the number 600.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from schemas.refusals import Refusal, refusals_from_validation

UNREADABLE_FILE: Final = "unreadable_file"
MALFORMED_YAML: Final = "malformed_yaml"
DUPLICATE_KEY: Final = "duplicate_key"


class FileInvalid(Exception):
    """A file that cannot be used: a refusal with code, field and sentence for each thing that is wrong."""

    def __init__(self, file: str, refusal: Refusal, *more: Refusal) -> None:
        super().__init__(f"{file}: {refusal.sentence}")
        self.file = file
        self.refusal = refusal
        self.refusals = (refusal, *more)


M = TypeVar("M", bound=BaseModel)


def read_file(file: str, source: Any, model: type[M], invalid: type[FileInvalid]) -> M:
    """What a file says.

    Args:
        file: What errors call it.
        source: A path, or a packaged resource.
        model: What it has to be.
        invalid: What is raised.

    Raises:
        FileInvalid: Of the kind ``invalid``: it cannot be read, is no YAML, gives a key twice, holds what JSON does not
            know, or is no such model. Nothing of it is quoted.
    """
    try:
        # By way of JSON: strict models take an instant or a path from there only.
        return model.model_validate_json(_json_of(source))
    except _NotYaml as flaw:
        raise invalid(file, Refusal(code=flaw.code, sentence=flaw.sentence)) from None
    except ValidationError as error:
        raise invalid(file, *refusals_from_validation(error)) from None


def _json_of(source: Any) -> str:
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "no such file"
        raise _NotYaml(UNREADABLE_FILE, f"The file cannot be read: {reason}.") from None
    except UnicodeDecodeError:
        raise _NotYaml(UNREADABLE_FILE, "The file is not UTF-8 text.") from None
    try:
        return json.dumps(yaml.load(text, Loader=_StrictLoader), allow_nan=False)  # noqa: S506  a SafeLoader
    except _DuplicateKey as error:
        raise _NotYaml(DUPLICATE_KEY, f"Line {error.line} gives a key that was given before.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise _NotYaml(MALFORMED_YAML, f"The file is not YAML{where}.") from None
    except (TypeError, ValueError, RecursionError):  # a tag for sets, bytes or dates; a value that contains itself
        raise _NotYaml(MALFORMED_YAML, "The file holds values that JSON does not know.") from None


class _NotYaml(Exception):
    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


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
