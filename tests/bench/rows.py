from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len


class Row(NamedTuple):
    group: str
    figure: str
    ours: float | None
    """None when it could not be measured."""
    unit: str
    yardstick_name: str
    """What it is compared with; "not installed" and the like are stated here, too."""
    yardstick: float | None = None
    ratio: float | None = None
    """ours / yardstick."""
    goal: str = ""
    """What the ratio should be, e.g. `<= 0.5`."""

    @property
    def met(self) -> bool | None:
        if self.ratio is None or not self.goal:
            return None
        sign, bound = self.goal.split()
        return self.ratio <= float(bound) if sign == "<=" else self.ratio >= float(bound)


def against(
    group: str, figure: str, ours: float | None, unit: str, name: str, yardstick: float | None, goal: str = ""
) -> Row:
    ratio = ours / yardstick if ours is not None and yardstick else None
    return Row(group, figure, ours, unit, name, yardstick, ratio, goal)


def print_rows(rows: Sequence[Row]) -> None:
    head = ("", "figure", "ours", "unit", "yardstick", "", "ratio", "goal", "")
    table = [head, *(_cells(row) for row in rows)]
    widths = [max(cell_len(cells[column]) for cells in table) for column in range(len(head))]
    numeric = {2, 5, 6}
    group = None
    for cells in table:
        row_cells = ("" if cells[0] == group else cells[0], *cells[1:])
        group = cells[0]
        parts = []
        for column, (text, width) in enumerate(zip(row_cells, widths, strict=True)):
            blank = " " * (width - cell_len(text))
            parts.append(blank + text if column in numeric else text + blank)
        print("  ".join(parts).rstrip())


def _cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "ok", False: "MISSED"}[row.met]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}x"
    return (
        row.group,
        row.figure,
        _number(row.ours),
        row.unit,
        row.yardstick_name,
        _number(row.yardstick),
        ratio,
        row.goal,
        met,
    )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
