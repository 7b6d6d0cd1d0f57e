"""The local stack: all that a pathway needs on one machine, as one supervised foreground program.

It runs PostgreSQL, Temporal's development server with its UI, catchers of mail and of texts, the codec server, the
workers and, where they are wanted, the doors for others (callbacks, portal), each as a child process, and keeps all
their state in one folder::

    async with Stack(StackOptions(Path(".kap")), on_event=lambda event: print(event.sentence)) as stack:
        print(stack.addresses.ui_url)
        await stack.wait()

* Everything listens on 127.0.0.1 or on a Unix socket that only this user can reach.
* One stack per folder. The children end with the supervisor, even if it is killed; should one survive, the next start
  in the folder ends it and goes on with the data as it was. A child that crashes is started again.
* While the stack runs, ``stack.json`` and ``temporal.toml`` in the folder tell clients where it is
  (:mod:`workers.settings` reads them). ``logs/NAME.log`` has each child's output, ``mail/`` every mail, ``texts/``
  every text and push message.
"""

from workers.stack.errors import StackFailed, StackInUse, StackStopped
from workers.stack.mail import read_mails
from workers.stack.options import Addresses, EventKind, StackEvent, StackOptions
from workers.stack.process import Child
from workers.stack.supervisor import Stack
from workers.stack.texts import read_texts

__all__ = [
    "Addresses",
    "Child",
    "EventKind",
    "Stack",
    "StackEvent",
    "StackFailed",
    "StackInUse",
    "StackOptions",
    "StackStopped",
    "read_mails",
    "read_texts",
]
