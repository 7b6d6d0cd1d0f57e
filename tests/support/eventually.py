"""Waiting in tests: for a condition and with a deadline, never for a while."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, timeout: float = 10.0, every: float = 0.05) -> T: ...  # noqa: ASYNC109


@overload
async def eventually(check: Callable[[], T], *, timeout: float = 10.0, every: float = 0.05) -> T: ...  # noqa: ASYNC109


async def eventually(
    check: Callable[[], Any],
    *,
    timeout: float = 10.0,  # noqa: ASYNC109  the deadline of the condition, not of one call
    every: float = 0.05,
) -> Any:
    """Ask ``check`` until it answers with something truthy, and return that.

    An ``AssertionError`` or ``OSError`` that it raises counts as not yet. Times are seconds.

    Raises:
        AssertionError: The deadline has passed; the message has the last answer.
    """
    deadline = time.monotonic() + timeout
    while True:
        last: object
        try:
            answer = check()
            last = result = await answer if inspect.isawaitable(answer) else answer
            if result:
                return result
        except (AssertionError, OSError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s; last answer: {last!r}")
        await asyncio.sleep(every)
