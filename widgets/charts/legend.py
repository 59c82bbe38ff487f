import re
from collections.abc import Sequence

from rich.cells import cell_len

from services.models.units import number
from widgets.charts.data import Curve
from widgets.drawing.format import crop
from widgets.drawing.lines import SERIES_ROLES, Line, Span, fit, width_of
from widgets.drawing.state_styles import VERDICT_STYLES

STROKE_MARKS = ("━━", "╍╍", "┅┅", "┉┉")
"""One for each stroke of `widgets.charts.canvas`, so that a legend is readable without colour."""

_GAP = 3
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def role_of(index: int, curve: Curve) -> str:
    own = curve.color if _HEX.fullmatch(curve.color) else ""
    return own or SERIES_ROLES[index % len(SERIES_ROLES)]


def legend_lines(curves: Sequence[Curve], width: int, rows: int) -> list[Line]:
    """At most `rows` lines of `width` cells; the last counts the curves that do not fit."""
    items = [legend_item(index, curve, width) for index, curve in enumerate(curves)]
    if sum(width_of(item) + _GAP for item in items) - _GAP > width * rows:
        most = max(12, (width - _GAP) // 2)
        items = [legend_item(index, curve, most) for index, curve in enumerate(curves)]
    lines: list[list[Span]] = [[]]
    for position, item in enumerate(items):
        remaining = len(items) - position
        reserve = cell_len(f" +{remaining}") if len(lines) == rows and remaining > 1 else 0
        line_width = width_of(lines[-1])
        if line_width and line_width + _GAP + width_of(item) + reserve > width:
            if len(lines) == rows:
                more = f" +{remaining}"
                if line_width + cell_len(more) > width:
                    lines[-1] = fit(lines[-1], width - cell_len(more))
                lines[-1].append((more, "muted"))
                break
            lines.append([])
            line_width = 0
        lines[-1].extend([(" " * _GAP, ""), *item] if line_width else item)
    return [line for line in lines if line]


def legend_item(index: int, curve: Curve, width: int) -> list[Span]:
    """`━━ label 72.3% ●` in at most `width` cells; the label is cropped, the value stays."""
    value: list[Span] = [(" " + number(curve.last, curve.unit), "strong" if curve.values else "warn")]
    if curve.verdict is not None:
        style = VERDICT_STYLES[curve.verdict]
        value.append((f" {style.mark}", style.role))
    label = curve.label + (" →" if curve.right else "")
    room = max(1, width - width_of(value) - 3)
    mark = STROKE_MARKS[index % len(STROKE_MARKS)]
    return [(mark, role_of(index, curve)), (" ", ""), (crop(label, room), ""), *value]
