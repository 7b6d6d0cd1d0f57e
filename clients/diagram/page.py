"""Where everything stands on the page: steps in rows, time lines after a dose, limits of vital signs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from clients.diagram.canvas import LINE, PAD, Canvas, broken, width_of
from clients.diagram.content import Box, after, before, cycle, heading
from schemas.protocol import Protocol
from schemas.protocol.monitoring import Thresholds
from schemas.protocol.vitals import BloodPressure
from schemas.treatment import TreatmentRoute

WIDTH: Final = 1240
MARGIN: Final = 32
GAP: Final = 26
TITLE_ROW: Final = 28
SECTION: Final = 46


def drawn(protocol: Protocol) -> str:
    """The protocol as SVG."""
    canvas = Canvas(WIDTH)
    canvas.text(MARGIN, 48, protocol.title, "title")
    signed = (
        f"signed by {protocol.signature.signed_by} on {protocol.signature.signed_on}"
        if protocol.signature is not None
        else "not signed by a medical director"
    )
    canvas.text(MARGIN, 72, f"{protocol.name}, {signed}", "soft")
    y = _section(canvas, 108, "For everybody")
    y = _row(canvas, y, before(protocol), MARGIN, WIDTH - 2 * MARGIN)
    y = _section(canvas, y + SECTION, "Each treatment route repeats its cycle")
    for treatment in protocol.treatments or (TreatmentRoute.KAP,):
        y = _cycle(canvas, y, heading(protocol, treatment), cycle(protocol, treatment)) + 18
    y = _section(canvas, y + SECTION - 18, "After a session, and after the series")
    y = _row(canvas, y, after(protocol), MARGIN, WIDTH - 2 * MARGIN, arrows=False)
    y = _section(canvas, y + SECTION, "Vital signs after the last drug, in minutes")
    y = _time_lines(canvas, y, protocol)
    y = _section(canvas, y + SECTION, "Limits of vital signs")
    y = _table(canvas, y, list(_limits(protocol)))
    return canvas.drawn(y + MARGIN, f"The course of treatment by the protocol {protocol.name}")


def _section(canvas: Canvas, y: float, title: str) -> float:
    canvas.text(MARGIN, y, title, "head")
    return y + 14


def _row(canvas: Canvas, y: float, boxes: Sequence[Box], x: float, width: float, *, arrows: bool = True) -> float:
    """Boxes side by side, as high as the highest needs to be; returns where the row ends."""
    each = (width - GAP * (len(boxes) - 1)) / len(boxes)
    lines = [broken(box.lines, each - 2 * PAD) for box in boxes]
    height = TITLE_ROW + LINE * max(len(one) for one in lines) + PAD
    for number, (box, texts) in enumerate(zip(boxes, lines, strict=True)):
        left = x + number * (each + GAP)
        canvas.rectangle(left, y, each, height, "key" if box.decisive else "box")
        canvas.text(left + PAD, y + 21, box.title, "strong")
        for row, text in enumerate(texts):
            canvas.text(left + PAD, y + TITLE_ROW + 13 + row * LINE, text, "soft")
        if arrows and number:
            canvas.arrow(left - GAP + 3, y + 17, left - 3)
    return y + height


def _cycle(canvas: Canvas, y: float, title: str, boxes: Sequence[Box]) -> float:
    frame = len(canvas.shapes)
    titles = broken([title], WIDTH - 2 * MARGIN - 2 * PAD, 15)
    for number, text in enumerate(titles):
        canvas.text(MARGIN + PAD, y + 24 + 20 * number, text, "frame-name")
    top = y + 18 + 20 * len(titles)
    bottom = _row(canvas, top, boxes, MARGIN + PAD, WIDTH - 2 * MARGIN - 2 * PAD) + PAD
    drawn_since = canvas.shapes[frame:]
    del canvas.shapes[frame:]
    canvas.rectangle(MARGIN, y, WIDTH - 2 * MARGIN, bottom - y, "frame", 12)
    canvas.shapes += drawn_since
    return bottom


def _time_lines(canvas: Canvas, y: float, protocol: Protocol) -> float:
    """One for each route and setting that has minutes of its own: readings as ticks on the observation."""
    rows = [
        (str(route), limits.observation_min.value, limits.vitals_at_min, limits.settings)
        for route, limits in protocol.routes.items()
    ]
    for route, limits in protocol.routes.items():
        for setting, minutes in limits.vitals_at_min_in.items():
            rows.append((f"{route}, {setting}", limits.observation_min.value, minutes, (setting,)))
    longest = max((max(observed, *minutes) for _, observed, minutes, _ in rows), default=1)
    left = MARGIN + max((width_of(name) for name, *_ in rows), default=0) + 24
    scale = (WIDTH - MARGIN - left - 150) / longest
    for name, observed, minutes, _ in sorted(rows):
        canvas.text(MARGIN, y + 22, name.replace("_", " "))
        canvas.rectangle(left, y + 9, observed * scale, 18, "bar", 4)
        if protocol.booster is not None:
            opens, closes = protocol.booster.opens_min.value, protocol.booster.closes_min.value
            canvas.rectangle(left + opens * scale, y + 13, (closes - opens) * scale, 10, "window", 3)
        free = left
        for minute in minutes:
            at, half = left + minute * scale, width_of(str(minute)) / 2
            canvas.line(at, y + 6, at, y + 30, "tick")
            if at - half >= free:
                canvas.text(at, y + 43, str(minute), "soft", "middle")
                free = at + half + 4
        canvas.text(left + longest * scale + 14, y + 22, f"observed for {observed:g} min", "soft")
        y += 48
    if protocol.booster is not None:
        canvas.rectangle(left, y + 4, 26, 10, "window", 3)
        canvas.text(left + 34, y + 14, "a booster may be given, where one was approved", "soft")
        y += 20
    return y


Row = tuple[str, str, str, str, str]


def _limits(protocol: Protocol) -> Iterator[Row]:
    rules, monitoring = protocol.vitals, protocol.monitoring
    yield ("", "Blood pressure", "Heart rate", "Oxygen saturation", "Breaths")
    breaths = f"from {rules.respiratory_rate_min.value:g}" if rules.respiratory_rate_min is not None else ""
    for setting, limits in rules.predose.items():
        fastest = rules.heart_rate_max_in(setting)
        pulse = f"{rules.heart_rate_min.value:g} to {fastest.value:g} {fastest.unit}"
        yield (
            f"before a dose, {setting}",
            f"up to {_of(limits.go)}",
            pulse,
            f"from {rules.spo2_min.value:g} %",
            breaths,
        )
        yield (f"a physician decides, {setting}", f"up to {_of(limits.hold_above)}", "", "", "")
    yield ("held at once", f"from {_of(rules.immediate_hold)}", "", "", "")
    if monitoring is not None:
        yield _thresholds("alert", monitoring.alert)
        yield _thresholds("no further drug", monitoring.stop)
        emergency = monitoring.emergency
        yield (
            "emergency",
            f"above {_of(emergency.pressure_with_symptoms)} with symptoms",
            "",
            f"below {emergency.spo2_below.value:g} % for {emergency.spo2_for_s.value:g} s",
            f"below {emergency.respiratory_rate_below.value:g}",
        )


def _of(pressure: BloodPressure) -> str:
    return f"{pressure.systolic.value:g}/{pressure.diastolic.value:g}"


def _thresholds(name: str, limits: Thresholds) -> Row:
    pulse = f"above {limits.heart_rate_above.value:g}"
    if limits.heart_rate_below is not None:
        pulse += f", below {limits.heart_rate_below.value:g}"
    breaths = limits.respiratory_rate_below
    shallow = f"below {breaths.value:g}" if breaths is not None else ""
    return (name, f"from {_of(limits.pressure)}", pulse, f"below {limits.spo2_below.value:g} %", shallow)


def _table(canvas: Canvas, y: float, rows: Sequence[Row]) -> float:
    """Rows of short texts under each other; columns as wide as their widest text."""
    widths = [max(width_of(row[column]) for row in rows) + 36 for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        x = float(MARGIN)
        for column, text in enumerate(row):
            if text:
                canvas.text(x, y + 18, text, "strong" if number == 0 or column == 0 else "soft")
            x += widths[column]
        canvas.line(MARGIN, y + 26, x - 36, y + 26, "rule")
        y += 27
    return y
