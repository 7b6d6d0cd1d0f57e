"""What touches the world: the records in PostgreSQL, messages to people, the keys that keep both unreadable.

Activities may be retried at any time and run twice at once; each is written so that its effect happens once.
"""
