"""Scoring of questionnaires: answers in, result out. The numbers are the protocol's (sources: there)."""

from workflows.rules.instruments.answers import known_items, require_answerable
from workflows.rules.instruments.change import change_of, validity
from workflows.rules.instruments.scale import add_up
from workflows.rules.instruments.screener import needed, triage

__all__ = ["add_up", "change_of", "known_items", "needed", "require_answerable", "triage", "validity"]
