"""An error boundary around each widget's messages and drawing, so that an error does not end the console.
Textual ends the whole application if a handler, an action or a `render` raises. With the guard, the error is
reported, and the widget continues (blank if it could not draw), as does everything else."""

import asyncio
from collections.abc import Callable
from functools import partial, wraps

from textual.geometry import Region
from textual.message import Message
from textual.message_pump import MessagePump
from textual.messages import Update
from textual.strip import Strip
from textual.widget import Widget

from services.background.boundaries import Boundary

Report = Callable[[Exception], object]


class Dispatching:
    count = 0


class StrayCancellation(Exception):
    """A handler awaited something that was cancelled from elsewhere; the widget continues."""


def report_of(report: Report, pump: MessagePump, message: Message, error: BaseException) -> None:
    """Report the error that ended the handling of `message`; `report` may raise to let it through."""
    if isinstance(error, Exception):
        report(error)
        return
    fault = StrayCancellation(f"{type(pump).__name__}: {type(message).__name__}")
    fault.__cause__ = error
    report(fault.with_traceback(error.__traceback__))


def is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def forget_sender(message: Message, *, last: bool = False) -> None:
    """Drop the sender of a handled `message` that is not passed on; `last`: the app has handled it. A quiet
    widget's loop refers to its newest message, and thus to a closed screen."""
    ends_here = last or message.no_dispatch or not message.bubble or message._stop_propagation
    if ends_here and isinstance(message._sender, Widget):
        message._sender = None


def guard_widget(widget: Widget, report: Report, dispatching: Dispatching) -> None:
    """Guard `widget` for its lifetime; repeated calls have no effect. `report` may raise to let an error through."""
    if "_dispatch_message" in vars(widget):
        return
    _guard_messages(widget, report, dispatching)
    _guard_drawing(widget, report)


def _guard_messages(widget: Widget, report: Report, dispatching: Dispatching) -> None:
    dispatch = widget._dispatch_message

    @wraps(dispatch)
    async def guarded(message: Message) -> None:
        dispatching.count += 1
        try:
            with Boundary(partial(report_of, report, widget, message)):
                await dispatch(message)
        finally:
            dispatching.count -= 1
            forget_sender(message)

    vars(widget)["_dispatch_message"] = guarded


def _guard_drawing(widget: Widget, report: Report) -> None:
    render_lines = widget.render_lines

    @wraps(render_lines)
    def guarded(crop: Region) -> list[Strip]:
        # The other widgets must still be painted.
        with Boundary(partial(report_of, report, widget, Update(widget))):
            return render_lines(crop)
        return [Strip.blank(crop.width, widget.rich_style) for _row in range(crop.height)]

    vars(widget)["render_lines"] = guarded
