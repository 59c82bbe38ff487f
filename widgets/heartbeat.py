"""One beat for everything that moves with time alone."""

import time
from collections.abc import Callable

from textual.widget import Widget


def every_second(widget: Widget, tick: Callable[[], object]) -> None:
    """Call `tick` on each full second for as long as `widget` is mounted.

    All tick at the same moment, so the process wakes up once and the screen is painted once for all of them.
    """
    widget.set_timer(-time.time() % 1.0, lambda: widget.set_interval(1.0, tick))
