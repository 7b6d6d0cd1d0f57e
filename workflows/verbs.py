"""How a phase declares a verb: one Temporal update, with its validator, for one command."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from temporalio import workflow

from schemas.answers import Receipt
from schemas.commands import Command

if TYPE_CHECKING:
    from workflows.conductor import Conductor

C = TypeVar("C", bound=Command)


def verb(command_type: type[C], admitted: Callable[[Any, C], Awaitable[None]] | None = None) -> Any:
    """The update that takes ``command_type``, named by its verb.

    The validator asks the rules and refuses without leaving a trace in history; the handler asks them again, because
    only its own answer is recorded, and applies the facts. It never waits: an update is one workflow task. Only where
    the worker has to be asked, too, does ``admitted`` do so in between, and raise the refusal.
    """

    def obeyed(self: Conductor, command: Command) -> Receipt:
        return self.accept(command)

    async def obeyed_if_admitted(self: Conductor, command: Any) -> Receipt:
        if admitted is not None and not self.knows(command):
            await admitted(self, command)
        return self.accept(command)

    handler: Any = obeyed if admitted is None else obeyed_if_admitted

    def validator(self: Conductor, command: Command) -> None:
        self.check(command)

    handler.__name__ = handler.__qualname__ = command_type.verb
    handler.__doc__ = inspect.getdoc(command_type)
    handler.__annotations__ = {"command": command_type, "return": Receipt}
    validator.__annotations__ = {"command": command_type, "return": None}
    update = workflow.update(name=command_type.verb, description=handler.__doc__)(handler)
    update.validator(validator)
    return update
