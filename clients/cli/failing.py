"""How the command line says that something went wrong: what, why and what to do next; never a traceback unasked."""

from __future__ import annotations

import json
import os
import sys
import traceback

from typer import secho
from typer.exceptions import TyperException

from clients.cli.exit import Exit, exit_for

_WORDS = {
    Exit.INTERNAL_ERROR: "Error",
    Exit.USAGE: "Wrong usage",
    Exit.REFUSED: "Refused",
    Exit.NOT_FOUND: "Not found",
    Exit.UNREACHABLE: "No answer",
    Exit.INTERRUPTED: "Interrupted",
}


def told(error: Exception) -> Exit:
    """Tell the user about an exception that ended a command, and choose the exit code."""
    if os.environ.get("KAP_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        message = error.format_message()
        if type(error).__name__ == "NoArgsIsHelpError":
            print(message)  # the help
            return Exit.USAGE
        see = f"See: {context.command_path} --help" if context else "See: kap --help"
        return _tell("usage", None, f"{message.rstrip('.')}. {see}", {})

    from clients.errors import Refused  # pydantic takes its time; help and usage errors do without

    if isinstance(error, Refused):
        refusal = error.refusal
        return _tell(refusal.code, refusal.field, refusal.sentence, refusal.facts)
    # The text of an unforeseen error may quote what was sent, so only its type is shown.
    sentence = f"This program failed ({type(error).__name__}). Run it with KAP_DEBUG=1 to see where."
    return _tell("internal_error", None, sentence, {})


def _tell(code: str, field: str | None, sentence: str, facts: dict[str, str | int | float | bool | None]) -> Exit:
    exit_code = exit_for(code)
    if "--json" in sys.argv:
        document = {"refusal": {"code": code, "field": field, "sentence": sentence, "facts": facts}}
        print(json.dumps(document, indent=2))
    secho(f"{_WORDS[exit_code]} ({code}): {sentence}", err=True, fg="red")
    for name, value in {"field": field, **facts}.items():
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if value is not None and text not in sentence:
            secho(f"  {name.replace('_', ' ')}: {text}", err=True)
    return exit_code
