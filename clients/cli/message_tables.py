"""Messages as tables and pages. Imported only by commands that print one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from clients.cli.output import local, words
from clients.cli.tables import table
from clients.thread import Message
from schemas.views import InboxEntry, OutboxRow, WebhookRow


def outbox_table(rows: Sequence[OutboxRow]) -> Table:
    """Messages, in the order in which they were given."""
    made = table("Asked for", "Message", "To", "Status", "By", "Tries", "Why", "Pathway")
    for row in rows:
        tried = ", ".join(f"{one.channel} {one.status}" for one in row.channels)
        why = words(row.code or "")
        if row.not_before is not None:
            why = f"{why}, rests until {local(row.not_before)}"
        if row.confirmed_at is not None:
            why = f"{why} confirmed {local(row.confirmed_at)}".strip()
        elif row.confirmation is not None:
            answer = "waits for the pathway" if row.confirmation_code is None else words(row.confirmation_code)
            why = f"{why} CONFIRM: {answer}".strip()
        made.add_row(
            local(row.requested_at),
            f"{words(row.template)} [dim]({row.about})[/]",
            f"{words(row.to_role)} [dim]({row.to_id})[/]",
            row.status if row.status == "sent" else f"[yellow]{row.status}[/]",
            tried,
            str(row.attempts),
            why,
            row.pathway_id,
        )
    return made


def webhooks_table(rows: Sequence[WebhookRow]) -> Table:
    """Subscribers, and what became of their notices."""
    made = table("Subscriber", "Status", "Waiting", "Oldest", "Sent", "Last", "Failed", "Why")
    for row in rows:
        made.add_row(
            row.subscriber,
            row.status if row.status == "enabled" else f"[yellow]{row.status}[/]",
            str(row.waiting),
            local(row.oldest_waiting_at),
            str(row.sent),
            local(row.last_sent_at),
            f"[red]{row.failed}[/]" if row.failed else "0",
            words(row.code or ""),
        )
    return made


def inbox_page(entries: Sequence[InboxEntry]) -> Iterable[RenderableType]:
    """Each entry as it reads behind the login."""
    for entry in entries:
        yield f"[bold]{escape(entry.subject)}[/]   [dim]{local(entry.put_at)}, {entry.message_id}[/]"
        yield escape(entry.body)


def thread_page(messages: Sequence[Message]) -> Iterable[RenderableType]:
    """Each message with its versions, and who has read which."""
    for one in messages:
        to = ", ".join(words(role) for role in one.to)
        answer = f", answers {one.reply_to}" if one.reply_to is not None else ""
        yield (
            f"[bold]{one.id}[/] {escape(one.author_id)} to {to}   "
            f"[dim]{words(one.scope)}, {one.priority.value}{answer}[/]"
        )
        for version in one.versions:
            current = version is one.versions[-1]
            text = escape(version.text) if current else f"[dim strike]{escape(version.text)}[/]"
            yield f"  version {version.number}, {local(version.at)}: {text}"
        for read in one.read:
            yield f"  [green]version {read.version} read by {escape(read.person_id)}, {local(read.at)}[/]"
        if one.waits_for:
            waits = ", ".join(words(role) for role in one.waits_for)
            yield f"  [yellow]not yet acknowledged: {waits}[/]"
