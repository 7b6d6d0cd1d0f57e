"""The stack itself: starts everything in the right order, keeps it running, stops it in reverse."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from workers.stack.environment import settings_values
from workers.stack.errors import StackStopped
from workers.stack.keeping import Keeper
from workers.stack.ledger import Ledger
from workers.stack.options import HOST, STACK_FILE, Addresses, EventKind, StackEvent, StackOptions
from workers.stack.ports import choose_ports
from workers.stack.postgres import Postgres
from workers.stack.process import Child
from workers.stack.secrets import provider_secret, settle_keys
from workers.stack.services import default_services, mail_child, prepare_servers
from workers.stack.state import Claim, claim, write_private
from workers.stack.temporal import temporal_child

_PATIENCE = 3.0
"""Seconds after which a keeper that has not noticed its cancellation is cancelled again."""


class Stack:
    """One local stack, running for as long as the ``async with`` block does.

    Enter it in the main thread, or in one that lives longer: the kernel ends the children with the thread that started
    them.

    ``on_event`` is told what happens, from within the event loop; it must neither block nor raise.

    The block's task is cancelled when a stop is asked for or a part of the stack is beyond rescue, and the block then
    raises :class:`StackStopped` or :class:`StackFailed`; a block that is in :meth:`wait` hears of it there instead.

    Raises:
        StackInUse: On entering, if another process runs a stack in the same folder.
        StackFailed: On entering or within the block; the message says what to do.
        StackStopped: On entering or within the block.
    """

    def __init__(self, options: StackOptions, on_event: Callable[[StackEvent], object] | None = None) -> None:
        self._options = options
        self._on_event = on_event or (lambda _: None)
        self._addresses: Addresses | None = None
        self._claim: Claim | None = None
        self._ledger: Ledger | None = None
        self._postgres: Postgres | None = None
        self._stages: list[dict[Keeper, asyncio.Task[None]]] = []
        self._owner: asyncio.Task[Any] | None = None
        self._reason: BaseException | None = None
        self._owner_cancelled = False
        self._closing = False
        self._waiter: asyncio.Future[None] | None = None
        self._old_handlers: dict[signal.Signals, Any] = {}

    @property
    def addresses(self) -> Addresses:
        """Where everything is.

        Raises:
            RuntimeError: The stack was not entered.
        """
        if self._addresses is None:
            raise RuntimeError("The stack has not been started.")
        return self._addresses

    async def __aenter__(self) -> Self:
        """Start everything; returns when all of it works."""
        self._owner = asyncio.current_task()
        self._take_signals()
        try:
            await self._start()
        except BaseException as error:
            await self._close(error)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, in reverse order."""
        await self._close(error)

    async def wait(self) -> None:
        """Return when a stop is asked for.

        Raises:
            StackFailed: A part of the stack is beyond rescue.
        """
        if self._reason is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._reason is not None and not isinstance(self._reason, StackStopped):
            raise self._reason

    def request_stop(self, sentence: str = "A stop was asked for.") -> None:
        """End the block, as a signal does. Asked again, end the children at once."""
        if self._reason is None:
            self._end(StackStopped(sentence))
        else:
            self._kill()

    def kill(self, name: str) -> None:
        """End one child at once, as a crash would; it is started again.

        Raises:
            KeyError: There is no such child.
        """
        keepers = {keeper.child.name: keeper for stage in self._stages for keeper in stage}
        keepers[name].kill()

    async def _start(self) -> None:
        options = self._options
        folder, self._claim = claim(options.state_dir)
        (folder / STACK_FILE).unlink(missing_ok=True)
        self._ledger = Ledger(folder)
        if leftovers := await self._ledger.end_leftovers():
            self._tell(EventKind.TAKEN_OVER, f"Ended what an earlier run had left: {', '.join(sorted(leftovers))}")
        wanted = {
            "temporal": options.temporal_port,
            "ui": options.ui_port,
            "smtp": options.smtp_port,
            "codec": options.codec_port,
            "metrics": options.metrics_port,
            "texts": 0,
            **({"callbacks": options.callbacks_port, "portal": options.portal_port} if options.doors else {}),
        }
        ports = choose_ports(folder, wanted)
        self._postgres = Postgres(folder / "postgres", ephemeral_speed=options.ephemeral_speed)
        self._addresses = addresses = Addresses(
            state_dir=folder,
            temporal_address=f"{HOST}:{ports['temporal']}",
            ui_url=f"http://{HOST}:{ports['ui']}",
            codec_url=f"http://{HOST}:{ports['codec']}",
            smtp_host=HOST,
            smtp_port=ports["smtp"],
            metrics_address=f"{HOST}:{ports['metrics']}",
            database_url=self._postgres.url(),
            provider_url=f"http://{HOST}:{ports['texts']}",
        )
        if options.doors:
            self._addresses = addresses = replace(
                addresses,
                callbacks_url=f"http://{HOST}:{ports['callbacks']}",
                link_url=f"http://{HOST}:{ports['portal']}",
                provider_secret=provider_secret(folder),
            )
        addresses.log_dir.mkdir(mode=0o700, exist_ok=True)
        settle_keys(addresses)
        write_private(
            addresses.temporal_file,
            f'[profile.default]\naddress = "{addresses.temporal_address}"\nnamespace = "{addresses.namespace}"\n',
        )
        services = (options.services or default_services)(options, addresses)
        servers = self._bring_up(
            [
                *(self._postgres.child(), temporal_child(folder, options, ports), mail_child(addresses)),
                *(child for child in services if not child.needs_servers),
            ],
            self._ledger,
        )
        # At the same time as the servers: it takes a second to load, and waits for them by itself.
        bootstrap = asyncio.create_task(self._bootstrap(self._ledger)) if options.bootstrap else None
        try:
            await servers
            if bootstrap is not None:
                await bootstrap
        finally:
            if bootstrap is not None:
                bootstrap.cancel()
                await asyncio.gather(bootstrap, return_exceptions=True)
        await self._bring_up([child for child in services if child.needs_servers], self._ledger)
        self._publish()
        self._tell(EventKind.READY, "The stack is ready")

    async def _bring_up(self, children: Sequence[Child], ledger: Ledger) -> None:
        """Start a stage of children, all at once, and wait until each is ready."""
        keepers = [Keeper(child, self.addresses.log_dir, ledger, self._on_event) for child in children]
        self._stages.append({keeper: asyncio.create_task(keeper.run()) for keeper in keepers})
        for task in self._stages[-1].values():
            task.add_done_callback(self._keeper_ended)
        for keeper in keepers:
            await keeper.ready.wait()

    def _keeper_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._end(error)

    async def _bootstrap(self, ledger: Ledger) -> None:
        self._tell(EventKind.STARTING, "Namespace, search attributes and schema are being prepared", "bootstrap")
        await prepare_servers(self._options, self.addresses, ledger)
        self._tell(EventKind.READY, "Namespace, search attributes and schema are there", "bootstrap")

    def _publish(self) -> None:
        """Tell clients that the stack is there: they look for this file."""
        addresses = self.addresses
        values = settings_values(self._options, addresses) | {
            "temporal_address": addresses.temporal_address,
            "namespace": addresses.namespace,
            "ui_url": addresses.ui_url,
            "codec_url": addresses.codec_url,
            "mail_dir": str(addresses.mail_dir),
            "text_dir": str(addresses.text_dir),
            "callbacks_url": addresses.callbacks_url,
            "log_dir": str(addresses.log_dir),
            "metrics_url": f"http://{addresses.metrics_address}/metrics",
        }
        write_private(addresses.state_dir / STACK_FILE, json.dumps(values, indent=2))

    def _end(self, reason: BaseException) -> None:
        """Make the block end because of ``reason``; only the first one counts."""
        if self._reason is not None or self._closing:
            return
        self._reason = reason
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self._owner is not None:
            self._owner_cancelled = True
            self._owner.cancel()

    async def _close(self, error: BaseException | None) -> None:
        """Stop the children, give everything back, and put our reason in the place of the cancellation it caused.

        Raises:
            StackStopped: Or whatever else made us cancel the block.
        """
        self._closing = True
        ended_by_us = False
        if self._owner_cancelled and self._owner is not None:
            if not isinstance(error, asyncio.CancelledError):
                with suppress(asyncio.CancelledError):  # it would strike below, as the block ended before it arrived
                    await asyncio.sleep(0)
            cancelled_by_others = self._owner.uncancel() > 0
            ended_by_us = isinstance(error, asyncio.CancelledError) and not cancelled_by_others
        try:
            await self._stop_children()
        except asyncio.CancelledError:
            self._kill()
            raise
        finally:
            self._give_back()
        if ended_by_us and self._reason is not None:
            raise self._reason from None

    async def _stop_children(self) -> None:
        """Last stage first; within a stage nothing depends on anything, so all of it at once."""
        if self._addresses is not None:
            self._tell(EventKind.STOPPING, "The stack is stopping")
            (self._addresses.state_dir / STACK_FILE).unlink(missing_ok=True)
        for stage in reversed(self._stages):
            for task in stage.values():
                task.cancel()
            # What a keeper awaits may lose a cancellation (wait_for of Python 3.11 does), so it is said again.
            while waiting := [task for task in stage.values() if not task.done()]:
                await asyncio.wait(waiting, timeout=_PATIENCE)
                for task in waiting:
                    task.cancel()
            await asyncio.gather(*(keeper.stop() for keeper in stage))
        if self._addresses is not None:
            self._tell(EventKind.STOPPED, "The stack has stopped")

    def _give_back(self) -> None:
        if self._postgres is not None:
            self._postgres.clean_up()
        if self._claim is not None:
            self._claim.release()
        loop = asyncio.get_running_loop()
        for number, handler in self._old_handlers.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
        self._old_handlers.clear()

    def _kill(self) -> None:
        for stage in self._stages:
            for keeper in stage:
                keeper.kill()

    def _take_signals(self) -> None:
        if not self._options.handle_signals or threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if number == signal.SIGHUP and handler == signal.SIG_IGN:
                continue  # nohup
            self._old_handlers[number] = handler
            sentence = f"Stopped by {number.name}."
            asyncio.get_running_loop().add_signal_handler(number, self.request_stop, sentence)

    def _tell(self, kind: EventKind, sentence: str, child: str | None = None) -> None:
        self._on_event(StackEvent(kind, child, sentence))
