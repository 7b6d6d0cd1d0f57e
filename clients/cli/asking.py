"""How commands ask: settings, a connected client, one question, and the connection closed again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from clients.client import KapClient
    from clients.read_model import ReadModel
    from workers.settings import Settings

T = TypeVar("T")


def settings_for(state: Path | None) -> Settings:
    """Settings from the environment and the local stack.

    Args:
        state: Folder of a local stack that the user named. It must be running, and it wins over the environment, which
            might lead to somebody's production.

    Raises:
        Refused: A setting is invalid, or no stack runs in that folder.
    """
    from pydantic import ValidationError

    from clients.errors import refused
    from workers.settings import STACK_FILE, Settings

    if state is not None and not (state / STACK_FILE).exists():
        raise refused("stack_not_running", f"No local stack runs in {state}. Start it with: kap up --state {state}")
    if state is not None:
        for name in [name for name in os.environ if name.startswith(("KAP_", "TEMPORAL_"))]:
            del os.environ[name]
    try:
        return Settings(state_dir=state) if state is not None else Settings()
    except ValidationError as error:
        names = ", ".join(sorted({f"KAP_{str(problem['loc'][0]).upper()}" for problem in error.errors()}))
        raise refused("settings_invalid", f"A setting has no usable value: {names}.") from error
    except (ValueError, TypeError) as error:
        raise refused("settings_invalid", "The local stack's own file is damaged; start the stack again.") from error


def ask(state: Path | None, question: Callable[[KapClient], Awaitable[T]]) -> T:
    """The answer of a client that is connected for this question only.

    Raises:
        Refused: Nobody answered, or the answer was no.
    """
    settings = settings_for(state)

    async def asked() -> T:
        from temporalio.runtime import Runtime, TelemetryConfig

        from clients.client import KapClient

        # The SDK would write its own warnings between ours, and into what a program reads.
        silent = Runtime(telemetry=TelemetryConfig(logging=None))
        async with await KapClient.connect(settings, runtime=silent) as client:
            return await question(client)

    return asyncio.run(asked())


def read(state: Path | None, question: Callable[[ReadModel], Awaitable[T]]) -> T:
    """The answer of PostgreSQL alone, so that worklists can be read while Temporal is down.

    Raises:
        Refused: PostgreSQL does not answer, or the answer was no.
    """
    from clients.read_model import ReadModel, keyring_of

    settings = settings_for(state)

    async def asked() -> T:
        model = ReadModel(settings.database_url, keyring_of(settings))
        try:
            return await question(model)
        finally:
            await model.close()

    return asyncio.run(asked())


def text_of(data: str | None) -> bytes:
    """What a file or standard input holds; nothing where none is named.

    Raises:
        Refused: The file cannot be read.
    """
    if data is None:
        return b""
    if data == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(data).read_bytes()
    except OSError as error:
        from clients.errors import refused  # pydantic takes its time; help does without

        raise refused("file_unreadable", f"The file {data} cannot be read: {error.strerror}.", "data") from None
