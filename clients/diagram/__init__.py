"""A protocol as a picture, drawn from its data: SVG text, readable in light and dark."""

from clients.diagram.page import drawn

__all__ = ["drawn"]
