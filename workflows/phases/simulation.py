"""A simulated clock set forward, for those who try a pathway by hand and have no days to wait."""

from datetime import datetime
from typing import Final

from temporalio import workflow

from schemas.clock import ForwardClock, Forwarded
from schemas.refusals import Refusal
from workflows.conductor import Conductor, refusal_error

MOST_DEADLINES: Final = 50
"""Deadlines that are let pass in one workflow task, which may take two seconds."""


class Simulation(Conductor):
    """Sets the clock of a pathway forward, from deadline to deadline. A real clock cannot be set."""

    @workflow.update(description="Set a simulated clock forward. Every deadline on the way passes in its time.")
    def forward_clock(self, command: ForwardClock) -> Forwarded:
        """As if the time had passed: reminders and escalations count from the instants at which they were due."""
        for _ in range(MOST_DEADLINES):
            if self.ahead is None or self.ahead.at > command.to:
                self._set(command.to)
                break
            self._set(self.ahead.at)
            self.keep_deadlines()
        return Forwarded(now=self.now())

    @forward_clock.validator
    def _admit_forward(self, command: ForwardClock) -> None:
        del command
        if self.clock.is_real:
            sentence = "This pathway's clock is the real one, which nobody can set."
            raise refusal_error(Refusal(code="clock_not_simulated", field="pathway", sentence=sentence))

    def _set(self, instant: datetime) -> None:
        self.clock = self.clock.forwarded(instant, workflow.now())
