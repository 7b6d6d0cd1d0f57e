"""Admission: what the world sends into a workflow is counted and labelled before the SDK converts it.

Without this, an update with too few or too many arguments reaches its handler untyped and ends in a ``TypeError``, a
start without arguments fails its workflow task for ever, and an unknown verb is answered with an internal error.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Any

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.common import RawValue
from temporalio.converter import SerializationContext
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from schemas.refusals import UNKNOWN_VERB, Refusal
from workers.converter import FRESH, MISCOUNTED, refused_error


class AdmittingRunner(UnsandboxedWorkflowRunner):
    """Runs inside the sandbox and looks at each activation before the workflow does."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """The SDK's instance behind the admission."""
        return _AdmittingInstance(super().create_instance(det), det)


class _AdmittingInstance(WorkflowInstance):
    """Passes everything on, activations after :meth:`_admit`."""

    def __init__(self, inner: WorkflowInstance, details: WorkflowInstanceDetails) -> None:
        self._inner = inner
        self._start_types = details.defn.arg_types
        self._updates = details.defn.updates
        self._signals = details.defn.signals

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        for job in act.jobs:
            if job.HasField("initialize_workflow"):
                start = job.initialize_workflow
                _admit(start.arguments, self._start_types)
                # What an earlier run or a parent has sent was written by a workflow of ours, not by a stranger.
                ours = start.continued_from_execution_run_id or start.HasField("parent_workflow_info")
                if not act.is_replaying and not ours:
                    for payload in start.arguments:
                        payload.metadata[FRESH] = b"true"
            elif job.HasField("signal_workflow") and job.signal_workflow.signal_name in self._signals:
                _admit(job.signal_workflow.input, self._signals[job.signal_workflow.signal_name].arg_types)
            elif job.HasField("do_update") and job.do_update.name in self._updates:
                _admit(job.do_update.input, self._updates[job.do_update.name].arg_types)
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> workflow.Info:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()


def _admit(arguments: MutableSequence[Payload], declared: Sequence[type] | None) -> None:
    """Put one payload that the converter refuses in the place of arguments whose number is wrong."""
    if declared is not None and len(arguments) != len(declared):
        del arguments[:]
        arguments.append(Payload(metadata={"encoding": MISCOUNTED}))


class UnknownVerbs(Interceptor):
    """Answers an update that no workflow declares with a refusal, before it leaves a trace in history."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """The workflow side of this interceptor."""
        del input
        return _UnknownVerbsInbound


class _UnknownVerbsInbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(outbound)
        if workflow.get_dynamic_update_handler() is None:
            workflow.set_dynamic_update_handler(_never_reached, validator=_refuse_verb)


def _refuse_verb(name: str, args: Sequence[RawValue]) -> None:
    del name, args
    raise refused_error(Refusal(code=UNKNOWN_VERB, sentence="There is no such verb here."))


async def _never_reached(name: str, args: Sequence[RawValue]) -> None:
    """The validator refuses first; on replay nothing arrives here, because a refusal leaves no event."""
    _refuse_verb(name, args)
