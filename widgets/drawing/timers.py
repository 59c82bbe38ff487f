"""Timers of the loop that keep no screen, and what they have to look at when their time has come."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any

from textual.widget import Widget


def detached_timer(seconds: float, callback: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
    """Call `callback` in an empty context after `seconds`; `call_later` of a widget leads back into the widget's.

    The loop keeps a timer until its time has come, cancelled or not, with the context it was made in: the screen's.
    """
    return asyncio.get_running_loop().call_later(seconds, callback, *arguments, context=Context())


def is_going(widget: Widget) -> bool:
    """Whether `widget` is being removed, or is gone: its parts go before it does, while timers still call it."""
    return widget._pruning or not widget.is_attached
