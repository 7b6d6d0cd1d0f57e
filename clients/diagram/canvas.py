"""A little SVG: boxes, lines and text that is broken where it would leave its box. Sizes are in pixels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

SMALL, PLAIN, LARGE = 12.5, 15.0, 24.0
"""Sizes of text."""

LINE: Final = 17
"""Height of a line of small text."""

PAD: Final = 12

_GLYPH: Final = 0.56
"""Mean width of a letter in units of the size; on the safe side for common sans-serif fonts."""

_STYLE: Final = """
svg { font-family: Inter, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 12.5px }
svg { background: #ffffff; color-scheme: light dark }
text { fill: #1f2430 } .page { fill: #ffffff } .soft { fill: #596273 } .head { font-size: 15px; font-weight: 600 }
.title { font-size: 24px; font-weight: 700 } .strong { font-weight: 600 }
.box { fill: #f6f7fb; stroke: #c3c9d9 } .frame { fill: #f3effb; stroke: #8a76bd; stroke-dasharray: 6 4 }
.frame-name { fill: #5a4791; font-size: 15px; font-weight: 600 }
.key { fill: #fff6ea; stroke: #c98a2b; stroke-width: 1.6 }
.bar { fill: #cfe3f5 } .window { fill: #f0c987 } .tick { stroke: #2d5f8b; stroke-width: 2 } .rule { stroke: #d7dbe6 }
.arrow { stroke: #6b7387; stroke-width: 1.6; fill: none } .tip { fill: #6b7387 }
@media (prefers-color-scheme: dark) {
svg { background: #14161c } text { fill: #e8eaf1 } .page { fill: #14161c } .soft { fill: #a4adbf }
.box { fill: #1f232d; stroke: #48506a } .frame { fill: #221d33; stroke: #9a86d6 } .frame-name { fill: #c9bcf2 }
.key { fill: #33291a; stroke: #d9a047 } .bar { fill: #24435e } .window { fill: #7d5a1f } .tick { stroke: #8cc4f2 }
.rule { stroke: #343a4a } .arrow { stroke: #9aa3b8 } .tip { fill: #9aa3b8 }
}
""".strip()


def width_of(text: str, size: float = SMALL) -> float:
    """About how wide a text is."""
    return len(text) * size * _GLYPH


def broken(texts: Iterable[str], width: float, size: float = SMALL) -> list[str]:
    """Texts in lines that fit; a line that goes on is set in a little."""
    letters = max(8, int(width / (size * _GLYPH)))
    return [line for text in texts for line in textwrap.wrap(text, letters, subsequent_indent="  ") or [""]]


class Canvas:
    """Collects shapes; later ones lie on earlier ones."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.shapes: list[str] = []

    def rectangle(self, x: float, y: float, width: float, height: float, kind: str, radius: float = 8) -> None:
        """A box."""
        size = f'width="{width:g}" height="{height:g}" rx="{radius:g}"'
        self.shapes.append(f'<rect class="{kind}" x="{x:g}" y="{y:g}" {size}/>')

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        """One line, on its base line."""
        # Blanks at the beginning of a line would be dropped.
        indent = len(text) - len(text.lstrip())
        x += width_of(" " * indent)
        place = f'x="{x:g}" y="{y:g}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        self.shapes.append(f"<text {place}{_class(kind)}>{escape(text.strip())}</text>")

    def line(self, x: float, y: float, to_x: float, to_y: float, kind: str) -> None:
        """A straight line."""
        self.shapes.append(f'<line class="{kind}" x1="{x:g}" y1="{y:g}" x2="{to_x:g}" y2="{to_y:g}"/>')

    def arrow(self, x: float, y: float, to_x: float) -> None:
        """From left to right."""
        self.line(x, y, to_x - 5, y, "arrow")
        self.shapes.append(f'<path class="tip" d="M{to_x - 7:g} {y - 4:g} L{to_x:g} {y:g} L{to_x - 7:g} {y + 4:g} z"/>')

    def drawn(self, height: float, title: str) -> str:
        """The whole picture."""
        size = f'viewBox="0 0 {self.width:g} {height:g}" width="{self.width:g}" height="{height:g}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
                f"<title>{escape(title)}</title>",
                f"<style>{_STYLE}</style>",
                f'<rect class="page" width="{self.width:g}" height="{height:g}"/>',
                *self.shapes,
                "</svg>\n",
            ]
        )


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
