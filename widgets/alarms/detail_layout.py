from collections.abc import Sequence

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from widgets.charts.chart import Chart
from widgets.drawing.block import DetailBlock

TWO_COLUMNS = 110  # Width from which there are two columns, in cells
LEAST_CHART, MOST_CHART = 10, 40  # Rows of the chart
_WIDE_CHART = 18  # Rows that the chart has at least where it takes the whole width below the columns
_BETWEEN = 2  # Cells between the columns
_GAP = 1  # Rows between parts


class DetailLayout(Layout):
    """One column; two with the curve at the right; on a large screen the curve below, over the whole width.
    The chart takes the rows that nothing else needs."""

    name = "detail"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        head = [each for each in children if each.has_class("-head")]
        steps = [each for each in children if each.has_class("-steps")]
        trend = [each for each in children if each.has_class("-trend")]
        past = [each for each in children if each.has_class("-past")]
        page = _Page(size)
        page.stack(head, 0, size.width)
        top = page.bottom
        if size.width < TWO_COLUMNS:
            page.stack([*steps, *trend, *past], 0, size.width)
            return page.placements
        left = (size.width - _BETWEEN) // 2
        right = size.width - _BETWEEN - left
        has_chart = any(isinstance(each, Chart) for each in trend)
        columns = max(page.rows(steps, left), page.rows(past, right))
        if has_chart and size.height - top - columns - 2 * _GAP >= _WIDE_CHART:
            page.columns(steps, past, left)
            page.stack(trend, 0, size.width)
        elif has_chart:
            page.columns([*steps, *past], trend, left)
        else:
            page.columns(steps, [*trend, *past], left)
        return page.placements


class _Page:
    def __init__(self, size: Size) -> None:
        self.size = size
        self.placements: list[WidgetPlacement] = []
        self.bottom = 0  # The first row below everything that is placed

    def rows(self, widgets: Sequence[Widget], width: int) -> int:
        return sum(
            self._height(widget, width) + _below(widgets, index) for index, widget in enumerate(widgets)
        )

    def stack(self, widgets: Sequence[Widget], x: int, width: int) -> None:
        for index, widget in enumerate(widgets):
            height = self._height(widget, width)
            if isinstance(widget, Chart):
                rest = self.size.height - self.bottom - self.rows(widgets[index + 1 :], width)
                height = max(height, min(MOST_CHART, rest))
            region = Region(x, self.bottom, width, height)
            order = len(self.placements)
            self.placements.append(WidgetPlacement(region, NULL_OFFSET, NULL_SPACING, widget, order))
            self.bottom += height + _below(widgets, index)

    def columns(self, left: Sequence[Widget], right: Sequence[Widget], width: int) -> None:
        top = self.bottom
        self.stack(left, 0, width)
        bottom, self.bottom = self.bottom, top
        self.stack(right, width + _BETWEEN, self.size.width - width - _BETWEEN)
        self.bottom = max(bottom, self.bottom)

    def _height(self, widget: Widget, width: int) -> int:
        return (
            widget.get_content_height(self.size, self.size, width)
            if isinstance(widget, DetailBlock)
            else LEAST_CHART
        )


def _below(widgets: Sequence[Widget], index: int) -> int:
    return 0 if isinstance(widgets[index + 1] if index + 1 < len(widgets) else None, Chart) else _GAP
