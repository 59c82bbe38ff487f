"""Keeps a widget's fault from ending the console: its messages and its drawing are guarded one by one.

Textual ends the whole application when a handler, an action or a `render` raises. Here the fault is
reported, the widget goes on (an empty patch where it could not draw), and so does everything else.
"""

from collections.abc import Callable
from functools import wraps

from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

Report = Callable[[Exception], None]


def contain(widget: Widget, report: Report) -> None:
    """Guard `widget`, once, for as long as it lives; `report` may raise to let the fault through."""
    if "_dispatch_message" in vars(widget):
        return
    _guard_messages(widget, report)
    _guard_drawing(widget, report)


def _guard_messages(widget: Widget, report: Report) -> None:
    dispatch = widget._dispatch_message

    @wraps(dispatch)
    async def guarded(message: Message) -> None:
        try:
            await dispatch(message)
        except Exception as error:  # noqa: BLE001  the boundary: a handler's fault is not the console's end
            report(error)

    vars(widget)["_dispatch_message"] = guarded


def _guard_drawing(widget: Widget, report: Report) -> None:
    render_lines = widget.render_lines

    @wraps(render_lines)
    def guarded(crop: Region) -> list[Strip]:
        try:
            return render_lines(crop)
        except Exception as error:  # noqa: BLE001  the boundary: the other widgets must still be painted
            report(error)
            return [Strip.blank(crop.width, widget.rich_style) for _row in range(crop.height)]

    vars(widget)["render_lines"] = guarded
