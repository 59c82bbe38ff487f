"""Lets closed screens and widgets go: what outlives them keeps nothing of them."""

import gc
from functools import lru_cache, partial
from typing import Any
from weakref import WeakSet

from textual import widget
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.screen import Screen
from textual.style import Style

_WATCHERS = "__watchers"
"""Where Textual keeps, on what is watched, (watcher, callback) by the attribute's name."""
THAW_SECONDS = 1.0
THAWS = 3
"""Seconds after a screen of the start was closed, until what it took is collected; how often that is tried."""


def let_go(app: App[Any]) -> None:
    """Drop what closed screens and widgets watch on `app`.

    Textual drops them when the attribute is next set, which for most of them takes hours or never happens.
    """
    for watchers in vars(app).get(_WATCHERS, {}).values():
        watchers[:] = [watch for watch in watchers if not watch[0]._closing]


class ForgottenStyles(StylesCache):
    """A widget's drawn lines, which go when the widget goes.

    Textual's own keeps the last thousand of them, with every line, as keys of a cache of two styles.
    """

    def get_inner_outer(self, base_background: Color, background: Color) -> tuple[Style, Style]:  # type: ignore[override]
        """As Textual's: the styles inside and outside of a border."""
        return _inner_outer(base_background, background)


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


# Where each widget takes its own from, scroll bars too.
vars(widget)["StylesCache"] = ForgottenStyles


class Freeze:
    """What the start made, which the collector need not walk again; but a screen that was open then may close."""

    def __init__(self) -> None:
        self._screens: WeakSet[Screen[Any]] = WeakSet()
        self._frozen: WeakSet[Screen[Any]] = WeakSet()

    def note(self, screen: Screen[Any]) -> None:
        """There is one more screen."""
        self._screens.add(screen)

    def begin(self) -> None:
        """Freeze what there is."""
        gc.freeze()
        # With those that are just being closed.
        self._frozen = WeakSet(self._screens)

    @property
    def holds_closed(self) -> bool:
        """A closed screen cannot be collected."""
        return any(screen._closing for screen in self._frozen)

    def thaw_later(self, app: App[Any], times: int = THAWS) -> None:
        """Collect a closed screen soon, if one is frozen; not now, for who closed it still has it in his hands."""
        if times and self.holds_closed:
            app.set_timer(THAW_SECONDS, partial(self._thaw, app, times))

    def _thaw(self, app: App[Any], times: int) -> None:
        if self.holds_closed:
            self.renew()
            self.thaw_later(app, times - 1)

    def renew(self) -> None:
        """Collect those that are closed by now; takes a tenth of a second or two."""
        gc.unfreeze()
        gc.collect()
        self.begin()
