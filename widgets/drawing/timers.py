"""Timers of the event loop that keep no screen in memory."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from textual.widget import Widget


def detached_timer(seconds: float, callback: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
    """Call `callback` in an empty context after `seconds`. The loop holds a timer until it is due, cancelled
    or not, together with the context it was created in, which would be the screen's. A widget's `call_later`
    as the callback restores the widget's context."""
    return asyncio.get_running_loop().call_later(seconds, callback, *arguments, context=Context())


def is_going(widget: Widget) -> bool:
    """Whether `widget` is being removed or was; its children are removed first, while timers still call it."""
    return widget._pruning or not widget.is_attached
