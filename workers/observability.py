"""Logs and metrics: enough to run the service by, nothing about a patient.

Logs follow an allow-list. Keys that are known to be harmless are written as they are; the value of any other key is
replaced by its type. The texts of exceptions, of warnings and of other libraries' messages may quote what was sent; of
those only types, places in the code and fixed templates are written.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import PurePath
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError

from workers.settings import Settings

_SAFE: Final = """
event level timestamp logger exception
pathway_id workflow_id run_id workflow_type activity_id activity_type update_id update_name namespace task_queue
attempt seq code verb phase kind template protocol version deployment build_id history_length
count pending batch duration_ms status signal pid service component host port path
"""
SAFE_KEYS: Final = frozenset(_SAFE.split())
"""Keys whose values are written. Add one only if no value it can ever take is about a person."""

TRUSTED_LOGGERS: Final = frozenset(
    {"temporalio", "uvicorn", "schemas", "workflows", "activities", "workers", "clients"}
)
"""Top-level loggers whose messages name no data. Of all others only the template is written, without its arguments."""

_FRAMES: Final = 6
"""How many of the innermost frames of an exception are written."""


class _Handler(logging.StreamHandler[TextIO]):
    """Says where a line that cannot be formatted comes from; the base class would print what it was about."""

    def handleError(self, record: logging.LogRecord) -> None:
        print(f"A log line of {record.name} at {record.pathname}:{record.lineno} cannot be written.", file=self.stream)


def configure_logging(settings: Settings) -> None:
    """Route structlog and the standard library's loggers, the SDK's included, to standard error in one format.

    Args:
        settings: ``log_level`` is the least level written, ``log_json`` chooses JSON lines over text for people.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            pass_foreign_args=True,
            processors=[
                _telling_event,
                _flat_context,
                _harmless_exception,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _known_keys_only,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for each request, which says nothing
    logging.captureWarnings(True)  # pydantic's warnings quote values
    # The SDK repeats in the message what it also gives as separate keys.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def runtime(settings: Settings) -> Runtime:
    """The SDK's runtime: metrics for Prometheus where an address is set, and the core's own logs through ours.

    Each runtime owns threads, so make one per process.
    """
    metrics = (
        PrometheusConfig(
            bind_address=settings.metrics_address,
            durations_as_seconds=True,
            unit_suffix=True,
            counters_total_suffix=True,
        )
        if settings.metrics_address
        else None
    )
    core = LoggingConfig(
        filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
        forwarding=LogForwardingConfig(
            logger=logging.getLogger("temporalio.core"),
            prepend_target_on_message=False,
            append_log_fields_to_message=False,  # they may hold a failure; _flat_context keeps the harmless ones
        ),
    )
    return Runtime(
        telemetry=TelemetryConfig(logging=core, metrics=metrics), worker_heartbeat_interval=timedelta(seconds=60)
    )


def _telling_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Keep the message where it cannot quote data; elsewhere its template, or where it came from."""
    del logger, method
    record: logging.LogRecord | None = event.get("_record")
    arguments = event.pop("positional_args", ())
    if record is None or event.get("_from_structlog") or record.name.partition(".")[0] in TRUSTED_LOGGERS:
        return event
    warning = re.match(r"(.+?:\d+): (\w+):", str(event["event"])) if record.name == "py.warnings" else None
    if warning:
        event["event"] = f"{warning[2]} at {warning[1]}"
    else:
        event["event"] = record.msg if arguments and isinstance(record.msg, str) else "(text withheld)"
    return event


def _flat_context(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What the SDK says of the running workflow or activity, and its core of an event, as keys of their own."""
    del logger, method
    for group in ("temporal_workflow", "temporal_activity", "temporal_log"):
        found = event.pop(group, None)
        details = getattr(found, "fields", found)
        if isinstance(details, Mapping):
            event.update({key: value for key, value in details.items() if key in SAFE_KEYS and key not in event})
    event.pop("taskName", None)
    return event


def _harmless_exception(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Put types and places of an exception and its causes in the place of its texts."""
    del logger, method
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\ncaused by ".join(_described(link) for link in _chain(error))
    event.pop("exc_text", None)
    event.pop("stack_info", None)
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, as a traceback would show it."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _described(error: BaseException) -> str:
    """Type and places, innermost last, with the code of an error that has one."""
    code = ""
    if isinstance(error, ApplicationError) and re.fullmatch(r"\w{1,64}", error.type or ""):
        code = f"[{error.type}]"
    elif isinstance(error, RPCError):
        code = f"[{error.status.name}]"
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}" for frame in frames]
    return f"{type(error).__module__}.{type(error).__qualname__}{code} at {' > '.join(places) or 'unknown'}"


def _known_keys_only(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace the value of every key that is not on the allow-list by its type."""
    del logger, method
    return {key: _shown(value) if key in SAFE_KEYS else f"<{type(value).__name__}>" for key, value in event.items()}


def _shown(value: Any) -> Any:
    """Plain values as they are; of anything else, only what it is."""
    return value if value is None or isinstance(value, str | int | float) else f"<{type(value).__name__}>"
