"""Recorded histories and states. ``python -m tests.replay.record`` adds those of the present release."""
