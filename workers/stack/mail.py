"""A mail catcher: takes every mail on a local port and keeps each as one file. It sends nothing on.

Run as ``python -m workers.stack.mail --port PORT --dir DIR``; :func:`read_mails` reads what came.
"""

from __future__ import annotations

import argparse
import asyncio
import email.policy
import logging
import os
import signal
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_SUFFIX = ".eml"


def read_mails(folder: Path) -> list[EmailMessage]:
    """The mails kept in ``folder`` in the order in which they came; none where the folder is not there yet.

    The addresses of the SMTP dialogue are in the headers ``X-Envelope-From`` and ``X-Envelope-To``.
    """
    return [
        # Lines end as SMTP has them; the parser would leave that in the text.
        message_from_bytes(path.read_bytes().replace(b"\r\n", b"\n"), EmailMessage, policy=email.policy.default)
        for path in sorted(folder.glob(f"*{_SUFFIX}"))
    ]


class Catcher:
    """Writes each mail to a numbered file before the sender is told that it was taken."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        # Numbers, not times: a clock that is set back must not change the order.
        self._count = max((int(path.stem) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal()), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002
        """Keep one mail. The name is aiosmtpd's."""
        content = envelope.original_content or b""
        sender = (envelope.mail_from or "").encode()
        recipients = ", ".join(envelope.rcpt_tos).encode()
        self._count += 1
        final = self._folder / f"{self._count:08d}{_SUFFIX}"
        draft = final.with_suffix(".tmp")
        with draft.open("wb") as file:
            file.write(b"X-Envelope-From: %s\r\nX-Envelope-To: %s\r\n%s" % (sender, recipients, content))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(final)
        return "250 OK"


async def serve(port: int, folder: Path) -> None:
    """Take mails on 127.0.0.1 until SIGTERM or SIGINT."""
    catcher = Catcher(folder)
    loop = asyncio.get_running_loop()
    # The name is given because looking it up can take seconds.
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname="localhost", enable_SMTPUTF8=True), "127.0.0.1", port
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with server:
        await stop.wait()


def main() -> None:
    """Command line of the catcher."""
    parser = argparse.ArgumentParser(description="Keep every mail sent to a local port as a file.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)  # aiosmtpd tells addresses at lower levels
    asyncio.run(serve(arguments.port, arguments.dir))


if __name__ == "__main__":
    main()
