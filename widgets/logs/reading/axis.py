from collections.abc import Callable, Sequence
from datetime import date, tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from services.models.date_text import day_text
from widgets.drawing.format import crop
from widgets.logs.reading.histogram import STEPS, BarScale
from widgets.logs.text.time import clock_text, local_day

_LABEL_WIDTH = 14  # Cells of a moment's label at most
_DAY = 86_400_000
_MINUTE = 60_000

BAR_CURSOR = "\u2191"  # Stands below the bar of the reader's line


class AxisPart(NamedTuple):
    column: int
    text: str
    kind: str  # `moment`, `cursor` or `tick`


def axis_parts(
    columns: int, *, moments: Sequence[tuple[int, str]], cursor: int, ticks: Sequence[tuple[int, str]]
) -> list[AxisPart]:
    """What fits on the axis, ascending: moments first, then the cursor (a column, -1 for none), then times."""
    is_taken = [False] * columns
    parts: list[AxisPart] = []

    def place(column: int, text: str, kind: str) -> bool:
        end = column + cell_len(text)
        fits = column >= 0 and end <= columns and not any(is_taken[max(0, column - 1) : end + 1])
        if fits:
            is_taken[column:end] = [True] * (end - column)
            parts.append(AxisPart(column, text, kind))
        return fits

    for column, label in moments:
        short = crop(label, _LABEL_WIDTH)
        if not place(column, short, "moment"):
            place(column - cell_len(short) + 1, short, "moment")
    place(cursor, BAR_CURSOR, "cursor")
    for column, text in ticks:
        place(column, text, "tick")
    return sorted(parts)


def ticks(
    first: int,
    count: int,
    scale: BarScale,
    column_of: Callable[[int], int],
    width: int,
    zone: tzinfo,
    today: date,
) -> list[tuple[int, str]]:
    """Columns and texts of round times, far enough apart; `width`: cells of one bar."""
    sample = _text(scale.start(first), scale.step, zone, today)
    room = (cell_len(sample) + 4) // width + 1
    step = next((each for each in STEPS if each >= room * scale.step and each % scale.step == 0), None)
    if step is None:
        return []
    coarse = BarScale(step, scale.offset)
    texts: list[tuple[int, str]] = []
    at = coarse.start(coarse.bar(scale.start(first) - 1) + 1)
    while scale.bar(at) < first + count:
        texts.append((column_of(scale.bar(at)), _text(at, step, zone, today)))
        at += step
    return texts


def _text(at: int, step: int, zone: tzinfo, today: date) -> str:
    if step >= _DAY:
        return "\u258f" + day_text(local_day(at, zone), today)
    clock = clock_text(at, zone)
    return "\u258f" + (clock[:5] if step % _MINUTE == 0 else clock[:8])
