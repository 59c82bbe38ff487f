"""Where the parts of an incident's screen are: the clocks and the causes on top whatever the size, one thing at a time
on a small screen, all side by side on a large one.
"""

from dataclasses import dataclass

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

TWO_COLUMNS, WIDE = 110, 160
"""Width from which steps and evidence are side by side, and from which the timeline is beside the causes."""
_LEAST_CHART = 8
"""Rows of a chart that can be read."""
_LEAST_WIDTH = 56
"""Cells of a chart beside another."""
_LEADING = 6
"""Rows of the causes while something else has the focus on a small screen."""
_STEPS = 6
"""Rows of the steps while they share a small screen."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Rows that the parts would fill, and which part has the focus."""

    head: int
    causes: int
    steps: int
    evidence: int
    timeline: int
    focus: str = "steps"
    charts: int = 0


def areas(size: Size, needs: Needs) -> dict[str, Region]:
    """The place of each part by its name; a part that is not there has none."""
    if size.width < TWO_COLUMNS or size.height < 28:
        return _stacked(size, needs)
    return _columns(size, needs)


def _stacked(size: Size, needs: Needs) -> dict[str, Region]:
    """One below another; the part with the focus has most rows, and every part at least its head."""
    width, rest = size.width, max(0, size.height - needs.head)
    rows = {"causes": min(needs.causes, _LEADING), "steps": 2, "evidence": 1, "timeline": 1}
    wishes = {
        "causes": {"causes": needs.causes, "steps": 2},
        "steps": {"steps": min(needs.steps, _STEPS), "evidence": needs.evidence},
        "evidence": {"steps": 3, "evidence": needs.evidence},
        "timeline": {"timeline": needs.timeline, "steps": 2},
    }[needs.focus]
    for name, wish in wishes.items():
        room = rest - sum(rows.values())
        rows[name] = max(rows[name], min(wish, rows[name] + max(0, room)))
    spare = rest - sum(rows.values())
    charts: dict[str, Region] = {}
    if needs.charts and spare >= _LEAST_CHART and needs.focus in ("steps", "evidence"):
        rows_used = needs.head + rows["causes"] + rows["steps"] + rows["evidence"]
        charts["chart-0"] = Region(0, rows_used, width, spare)
        spare = 0
    taker = "steps" if needs.focus == "steps" and needs.steps > rows["steps"] else needs.focus
    gap = sum(region.height for region in charts.values())
    rows[taker] += max(0, spare)
    result = {"head": Region(0, 0, width, needs.head)}
    top = needs.head
    for name in ("causes", "steps", "evidence"):
        result[name] = Region(0, top, width, max(0, min(rows[name], size.height - top)))
        top += rows[name]
    top += gap
    result["timeline"] = Region(0, top, width, max(0, size.height - top))
    return {**result, **charts}


def _columns(size: Size, needs: Needs) -> dict[str, Region]:
    """Causes above, steps left, evidence right, the timeline below; on a wide screen beside the causes."""
    width, top = size.width, needs.head
    result = {"head": Region(0, 0, width, top)}
    least = max(8, min(needs.steps, (size.height - top) // 2))
    room = size.height - top - least
    if width >= WIDE:
        causes_width = width * 3 // 5
        height = max(6, min(max(needs.causes, needs.timeline), room))
        result["causes"] = Region(0, top, causes_width, height)
        result["timeline"] = Region(causes_width + 1, top, width - causes_width - 1, height)
        bottom = size.height
    else:
        below = max(4, min(needs.timeline, size.height // 5))
        height = max(5, min(needs.causes, room - below))
        result["causes"] = Region(0, top, width, height)
        result["timeline"] = Region(0, size.height - below, width, below)
        bottom = size.height - below
    top += height
    left_width = max(44, width * 2 // 5) if width < WIDE else width * 3 // 8
    result["steps"] = Region(0, top, left_width, bottom - top)
    return {**result, **_evidence(Region(left_width + 1, top, width - left_width - 1, bottom - top), needs)}


def _evidence(area: Region, needs: Needs) -> dict[str, Region]:
    """The rows of the evidence, with the charts below them, side by side where they fit."""
    beside = needs.charts if area.width >= needs.charts * _LEAST_WIDTH else min(needs.charts, 1)
    rows = min(needs.evidence, area.height - _LEAST_CHART) if beside else area.height
    height = area.height - rows
    if not beside or height < _LEAST_CHART:
        return {"evidence": area}
    result = {"evidence": Region(area.x, area.y, area.width, rows)}
    chart_width = area.width // beside
    for number in range(beside):
        result[f"chart-{number}"] = Region(area.x + number * chart_width, area.y + rows, chart_width, height)
    return result


class PartsLayout(Layout):
    """Places each child at the area that has its id."""

    name = "incident"

    def __init__(self) -> None:
        super().__init__()
        self.needs = Needs(2, 4, 4, 4, 2)

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        places = areas(size, self.needs)
        return [
            WidgetPlacement(
                places.get(child.id or "", Region(0, 0, 0, 0)), NULL_OFFSET, NULL_SPACING, child, order
            )
            for order, child in enumerate(children)
        ]
