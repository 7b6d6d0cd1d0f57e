"""Reaching people: e-mail from fixed templates, each message once in effect.

A message is decided by the pathway as a template and references. Here its recipient is looked up at the moment of
sending, and what became of it is kept in the database, so that no retry sends it twice.
"""
