"""``kap`` without the seconds that it imports for: a process that has done so forks for each command.

What runs is the command line itself, in a process of its own, with the caller's arguments, folder, environment and
files. Only a signal does not reach it; and what is about starting itself is tested without this.
"""

import atexit
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[2]

IMPORTED = (
    "clients.cli.app",
    "clients.cli.asking",
    "clients.cli.tables",
    "clients.client",
    "clients.scenarios.running",
    "workers.stack",
)
"""What most commands import on their way."""

CLIENT = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect({door!r})
    said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(door, [len(said).to_bytes(4, "big")], [0, 1, 2])
    door.sendall(said)
    code = door.recv(1)
sys.exit(code[0] if code else 1)
"""
"""Hands a command to that process, and ends with its exit code."""


@cache
def command() -> tuple[str, ...]:
    """What runs ``kap``, with the arguments behind it. The process behind it ends with this one."""
    ending = ExitStack()
    atexit.register(ending.close)
    folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="kap")))
    door, program = folder / "door", folder / "kap.py"
    program.write_text(CLIENT.format(door=str(door)))
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.warm", str(door)], cwd=ROOT, stdin=subprocess.PIPE, env=_environment()
    )
    ending.callback(server.wait)
    assert server.stdin is not None
    ending.callback(server.stdin.close)
    while not door.exists():
        assert server.poll() is None, "the process that is to run kap has ended"
        time.sleep(0.02)
    return (sys.executable, "-I", "-S", str(program))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _serve(door: str) -> None:
    """Fork for each command until standard input ends."""
    for name in IMPORTED:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{door}.new")
        listening.listen(64)
        os.rename(f"{door}.new", door)
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            calling, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                _answer(calling)
            calling.close()


def _answer(calling: socket.socket) -> NoReturn:
    """Run one command in a child, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, files, _, _ = socket.recv_fds(calling, 4, 3)
    with calling.makefile("rb") as rest:
        arguments, folder, environment = json.loads(rest.read(int.from_bytes(length, "big")))
    child = os.fork()
    if child == 0:
        calling.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        _be_kap(arguments, folder, environment)
    for file in files:
        os.close(file)
    _, status = os.waitpid(child, 0)
    calling.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    os._exit(0)


def _be_kap(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    from clients.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()  # else every command would draw the same
    sys.argv = ["kap", *arguments]
    main()


if __name__ == "__main__":
    _serve(sys.argv[1])
