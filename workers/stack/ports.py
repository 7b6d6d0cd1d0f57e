"""Ports on this machine: given ones win, remembered ones come back, the rest are free ones."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from workers.stack.errors import StackFailed
from workers.stack.options import HOST
from workers.stack.state import read_object, write_private

PORTS_FILE = "ports.json"

_CANDIDATES = range(10_000, 32_000)
"""Below the ports that systems hand out to outgoing connections, so that a child finds its port free after a crash."""


def choose_ports(folder: Path, wanted: Mapping[str, int]) -> dict[str, int]:
    """Settle the port of every name in ``wanted`` (0: any) and remember them in ``folder`` for the next start.

    Raises:
        StackFailed: A given port is taken, given twice, or not one that may be used.
    """
    given = [port for port in wanted.values() if port]
    for name, port in wanted.items():
        if port and given.count(port) > 1:
            raise StackFailed(f"Port {port} is given twice. Choose different ports.")
        if port and (obstacle := _obstacle(port)):
            raise StackFailed(f"Port {port}, given for {name}, {obstacle}. Choose another one, or leave it out.")
    remembered = read_object(folder / PORTS_FILE)
    chosen = {name: port for name, port in wanted.items() if port}
    for name in wanted:
        if name not in chosen:
            chosen[name] = _free_port(remembered.get(name), taken=set(chosen.values()))
    write_private(folder / PORTS_FILE, json.dumps(chosen, indent=2))
    return chosen


def _free_port(remembered: object, taken: set[int]) -> int:
    for port in _candidates(remembered):
        if port not in taken and _obstacle(port) is None:
            return port
    raise StackFailed("No free port was found on this machine. Give the ports yourself.")


def _candidates(remembered: object) -> Iterator[int]:
    if isinstance(remembered, int) and remembered:
        yield remembered
    yield from (random.choice(_CANDIDATES) for _ in range(1000))  # noqa: S311  no secret; at random, as several may start at once


def _obstacle(port: int) -> str | None:
    """Why nothing can listen on ``port`` here; None if something can."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do: a port whose last connections are still fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except PermissionError:
            return "may not be used by this user"
        except OverflowError:
            return "is not a port number"
        except OSError:
            return "is in use by another program"
    return None
