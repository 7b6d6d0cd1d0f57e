"""What goes into a local stack and what comes out: options, addresses, events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workers.stack.process import Child

TEMPORAL_FILE = "temporal.toml"
STACK_FILE = "stack.json"
"""As in :mod:`workers.settings`, which reads these files; importing it would load Temporal's SDK for two names."""

HOST = "127.0.0.1"
"""The only interface anything of a local stack listens on."""

NAMESPACE = "default"
"""The Temporal namespace of every local stack."""


@dataclass(frozen=True)
class Addresses:
    """Where the parts of one stack are found. Paths are absolute."""

    state_dir: Path
    temporal_address: str
    ui_url: str
    codec_url: str
    smtp_host: str
    smtp_port: int
    metrics_address: str
    database_url: str
    namespace: str = NAMESPACE
    provider_url: str = ""
    """The catcher of texts and push messages."""
    callbacks_url: str = ""
    """Where it reports to, if that runs."""
    link_url: str = ""
    """The page behind links without an account, if that runs."""
    provider_secret: str = field(default="", repr=False)
    """What the catcher signs its reports with."""

    @property
    def keyring(self) -> Path:
        """Key file of the payload codec."""
        return self.state_dir / "keyring.json"

    @property
    def temporal_file(self) -> Path:
        """The Temporal address and namespace in Temporal's own format."""
        return self.state_dir / TEMPORAL_FILE

    @property
    def mail_dir(self) -> Path:
        """Every mail that was sent, one ``.eml`` file each, in order."""
        return self.state_dir / "mail"

    @property
    def text_dir(self) -> Path:
        """Every text and push message that was sent, one ``.json`` file each, in order."""
        return self.state_dir / "texts"

    @property
    def log_dir(self) -> Path:
        """Output of every child process, one ``NAME.log`` each."""
        return self.state_dir / "logs"


@dataclass(frozen=True)
class StackOptions:
    """How one local stack is to be.

    A port of 0 means a free one, and the same one again at the next start in the same folder.
    """

    state_dir: Path
    temporal_port: int = 0
    ui_port: int = 0
    smtp_port: int = 0
    codec_port: int = 0
    metrics_port: int = 0
    callbacks_port: int = 0
    portal_port: int = 0
    doors: bool = False
    """Run also what others than the clinic's own come in by: reports of the provider, links without an account."""
    ephemeral_speed: bool = False
    """Give up durability against power loss, for stacks that are thrown away."""
    time_skipping: bool = False
    """Let test clients fast-forward single workflows."""
    protocol: str | None = None
    """Name of a packaged protocol or path of a YAML file; None leaves the default of the settings."""
    allow_simulation: bool = False
    allow_unsigned_protocol: bool = True
    settings: Mapping[str, str | int | bool] = field(default_factory=dict)
    """Further values of :class:`workers.settings.Settings` for the workers and for the clients of this stack."""
    services: Callable[[StackOptions, Addresses], Sequence[Child]] | None = None
    """The processes that run upon the servers; None means codec server and workers."""
    bootstrap: bool = True
    """Create namespace, search attributes and schema once the servers answer."""
    handle_signals: bool = True
    """Let SIGINT, SIGTERM and SIGHUP stop the stack. Tests say no, so that Ctrl-C still ends the test run."""


class EventKind(StrEnum):
    """What can be told about a stack or one of its children."""

    TAKEN_OVER = "taken over"
    STARTING = "starting"
    READY = "ready"
    CRASHED = "crashed"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True)
class StackEvent:
    """One thing that happened, with a sentence to print."""

    kind: EventKind
    child: str | None
    """Name of the child process, None for the stack as a whole."""
    sentence: str
