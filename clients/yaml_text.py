"""YAML as a more readable JSON: the same values and no others.

Plain YAML reads ``10:30`` as 630, ``no`` as false and ``2027-01-12`` as a date, and lets a short text grow beyond
memory through aliases. Here a word is a text unless JSON would say otherwise, and aliases and tags are refused.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clients.errors import DUPLICATE_FIELD, MALFORMED_YAML, refused
from schemas.refusals import name_or_blank

_SCALARS: Final = (
    ("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)"), ("~", "n", "")),
    ("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)"), tuple("tf")),
    ("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]{0,15})"), tuple("-0123456789")),
    (
        "tag:yaml.org,2002:float",
        re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]+(?:[eE][-+]?[0-9]{1,2})?|[eE][-+]?[0-9]{1,2})"),
        tuple("-0123456789"),
    ),
)


class _Loader(yaml.SafeLoader):
    """Safe loader with JSON's scalars only."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the name and kind of attribute are the library's

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Refuse aliases: a few lines of them can stand for gigabytes."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise ConstructorError(None, None, "aliases are not taken", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse keys that are no text, and keys given twice."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise ConstructorError(None, None, "a field name must be a text", key.start_mark)
            if key.value in seen:
                name = name_or_blank(key.value)
                line = key.start_mark.line + 1
                raise refused(DUPLICATE_FIELD, f"The field {name} is given twice.", name, line=line)
            seen.add(key.value)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


for _tag, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_tag, re.compile(f"{_pattern.pattern}$"), list(_first))


Path = tuple[str | int, ...]
"""Where a value stands: names of fields and numbers of list items, from the outside in."""


def read_yaml(text: str) -> Any:
    """The value that ``text`` gives, made of what JSON knows.

    Raises:
        Refused: It is not such YAML. The parser's own words are withheld: they quote the text.
        RecursionError: It is nested too deeply.
    """
    return read_yaml_with_lines(text)[0]


def read_yaml_with_lines(text: str) -> tuple[Any, dict[Path, int]]:
    """As :func:`read_yaml`, and the line on which each value, or the name before it, stands."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Path, int] = {}
        if node is None:
            return None, lines
        value = loader.construct_document(node)
        _note_lines(node, (), lines)
        return value, lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        where = f" at line {line}, column {column}" if mark else ""
        sentence = f"What was sent is not valid YAML{where}. (JSON is taken as well; it begins with a brace.)"
        raise refused(MALFORMED_YAML, sentence, line=line, column=column) from None
    except yaml.YAMLError:  # a character that YAML does not allow
        raise refused(MALFORMED_YAML, "What was sent is not valid YAML: it holds unreadable characters.") from None


def _note_lines(node: Node, path: Path, lines: dict[Path, int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            lines[(*path, key.value)] = key.start_mark.line + 1
            _note_lines(value, (*path, key.value), lines)
    elif isinstance(node, SequenceNode):
        for place, value in enumerate(node.value):
            _note_lines(value, (*path, place), lines)
