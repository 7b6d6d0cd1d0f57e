"""What a local stack says when it cannot run. Each message is a sentence for the person at the terminal."""

from __future__ import annotations


class StackInUse(Exception):
    """Another process holds the folder; the message names it and says since when."""


class StackFailed(Exception):
    """The stack cannot start or go on; the message says what to do about it."""


class StackStopped(Exception):
    """A stop was asked for (signal or :meth:`Stack.request_stop`) while the block was still at work."""
