"""What the orchestrator costs: a full course through ``CarePathway`` beside a bare workflow that makes the same calls.

Run it with ``make bench``; ``docs/benchmarks.md`` tells how to read the figures.
"""
