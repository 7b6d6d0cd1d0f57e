"""Plugins that every test may use, and the order in which tests run."""

import pytest

pytest_plugins = ["tests.support.postgres", "tests.support.smtp"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: much of it is waiting, beside which the other process gets through the rest."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
