"""Names of the curves at the ends of their lines, in their colours, so that a chart needs no legend. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len

from services.models.alarm_readings import present_value_at
from services.models.units import number
from services.models.verdict import Verdict
from widgets.charts.axes import Scale
from widgets.charts.data import ChartData, Curve
from widgets.charts.legend import role_of
from widgets.drawing.format import ELLIPSIS, crop, crop_middle
from widgets.drawing.lines import Line, Span, fit, width_of
from widgets.drawing.state_styles import VERDICT_STYLES

LEAST_WIDTH = 36  # Width of a chart from which names stand beside it, in cells
LEAST_ROWS = 3
_SHARE = 0.42  # The greatest part of the width that names get
_GAP = 1
_BOTH_ENDS = 12  # Cells in which a name keeps its beginning, too


def has_end_names(data: ChartData, width: int, rows: int) -> bool:
    count = sum(bool(curve.values) for curve in data.curves)
    return data.legend and width >= LEAST_WIDTH and rows >= LEAST_ROWS and 0 < count <= rows


def names_width(data: ChartData, width: int) -> int:
    widest = max(width_of(_name(index, curve, data, width)) for index, curve in _drawn(data))
    return min(widest, int(width * _SHARE)) + _GAP


def name_lines(
    data: ChartData, left: Scale | None, right: Scale | None, rows: int, width: int
) -> list[list[Span]]:
    """`rows` lines of `width` cells, each with the name of the curve that ends there or next to it."""
    wanted = [
        (_end_row(curve, data, right if curve.right else left, rows), index, curve)
        for index, curve in _drawn(data)
    ]
    wanted.sort(key=lambda item: item[:2])
    lines: list[list[Span]] = [[(" " * width, "")] for _row in range(rows)]
    for row, (_wanted, index, curve) in zip(
        spread_rows([row for row, _index, _curve in wanted], rows), wanted, strict=True
    ):
        lines[row] = [(" " * _GAP, ""), *fit(_name(index, curve, data, width - _GAP), width - _GAP)]
    return lines


def spread_rows(wanted: Sequence[int], rows: int) -> list[int]:
    """Rows for names that would like to be in `wanted` (ascending): each its own, as near as possible, in order."""
    placed: list[int] = []
    for row in wanted:
        placed.append(max(row, placed[-1] + 1) if placed else row)
    for back, index in enumerate(range(len(placed) - 1, -1, -1)):
        placed[index] = max(0, min(placed[index], rows - 1 - back))
    return placed


def _drawn(data: ChartData) -> list[tuple[int, Curve]]:
    return [(index, curve) for index, curve in enumerate(data.curves) if curve.values]


def _end_row(curve: Curve, data: ChartData, scale: Scale | None, rows: int) -> int:
    if scale is None or not rows:
        return 0
    value = curve.values[-1]
    if data.stacked and not curve.right:
        below = data.curves[: data.curves.index(curve)]
        value += sum(other.values[-1] for other in below if other.values and not other.right)
    part = min(1.0, max(0.0, scale.part(value)))
    return min(rows - 1, round((1 - part) * (rows * 4 - 1)) // 4)


def _name(index: int, curve: Curve, data: ChartData, width: int) -> Line:
    """`CPU 38.7%` in at most `width` cells: the name is cropped, the value stays."""
    newest = None if data.is_outdated else present_value_at(curve.times, curve.values, curve.period, data.end)
    value: list[Span] = [(" " + number(newest, curve.unit), "" if newest is not None else "warn")]
    if curve.verdict not in (None, Verdict.NORMAL):
        style = VERDICT_STYLES[curve.verdict or Verdict.UNKNOWN]
        value = [(value[0][0], style.role), (f" {style.mark}", style.role)]
    room = max(4, width - width_of(value))
    others = [each.label for each in data.curves if each is not curve]
    name = _short(curve.label, room, others) if others else crop(curve.label, room)
    return [(name, role_of(index, curve)), *value]


def _short(label: str, room: int, others: Sequence[str]) -> str:
    """A name in `room` cells by which it differs from `others`: its last words, its beginning, or its end."""
    if cell_len(label) <= room:
        return label
    words = label.split()
    tails = [" ".join(words[at:]) for at in range(1, len(words))]
    tail = next((tail for tail in tails if cell_len(tail) <= room), "")
    if tail and not any(other.endswith(tail) for other in others):
        return tail
    beginning = crop(label, room)
    if not any(other.startswith(beginning.removesuffix(ELLIPSIS)) for other in others):
        return beginning
    last = crop(words[-1], room)
    if len(words) > 1 and not any(last.removesuffix(ELLIPSIS) in other for other in others):
        return last
    return crop_middle(label, room) if room >= _BOTH_ENDS else _end(label, room)


def _end(label: str, room: int) -> str:
    tail = ""
    for character in reversed(label):
        if cell_len(ELLIPSIS + character + tail) > room:
            break
        tail = character + tail
    return ELLIPSIS + tail
