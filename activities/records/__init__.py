"""The records in PostgreSQL: the journal, the read model that follows it, and the directory of people.

Temporal's history is the source of truth. What is here is written from it, in order and exactly once; it may be late,
when PostgreSQL was away, but never different.
"""
