"""Dated scenarios: read from files, played on the rules alone or on a real server, and told with what was expected."""
