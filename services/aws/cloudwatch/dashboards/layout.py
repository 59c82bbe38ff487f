"""Places a dashboard's widgets on the grid of 24 columns."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.aws.cloudwatch.dashboards.properties import Properties, Remarks
from services.i18n import _

COLUMNS = 24
DEFAULT = 6
TALLEST = 1_000
LOWEST = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """A widget's position and size on the grid."""

    x: int
    y: int
    width: int
    height: int


def placed(widgets: Sequence[object], remarks: Sequence[Remarks]) -> list[Box]:
    """A box per widget; one without x and y goes to the topmost free place, as in CloudWatch.

    Widgets with coordinates are placed first.
    """
    boxes: list[Box | None] = [None] * len(widgets)
    free = [0] * COLUMNS
    flowing: list[tuple[int, int, int]] = []
    for index, (widget, widget_remarks) in enumerate(zip(widgets, remarks, strict=True)):
        props = Properties(widget if isinstance(widget, dict) else None, widget_remarks, _("widget"))
        width = props.integer("width", DEFAULT, 1, COLUMNS)
        height = props.integer("height", DEFAULT, 1, TALLEST)
        if props.has("x") and props.has("y"):
            x, y = props.integer("x", 0, 0, COLUMNS - 1), props.integer("y", 0, 0, LOWEST)
            if x + width > COLUMNS:
                widget_remarks.add(
                    _("The widget extends beyond the grid's right edge; it was made narrower.")
                )
                width = COLUMNS - x
            boxes[index] = _occupy(Box(x, y, width, height), free)
        else:
            flowing.append((index, width, height))
    for index, width, height in flowing:
        y, x = min((max(free[x : x + width]), x) for x in range(COLUMNS - width + 1))
        boxes[index] = _occupy(Box(x, y, width, height), free)
    return [box for box in boxes if box is not None]


def _occupy(box: Box, free: list[int]) -> Box:
    for column in range(box.x, box.x + box.width):
        free[column] = max(free[column], box.y + box.height)
    return box
