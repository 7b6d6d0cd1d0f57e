"""Webhooks: other services learn that something was recorded, and ask for the rest. Signed (Standard Webhooks)."""
