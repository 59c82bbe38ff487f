"""Releases closed screens and widgets from objects that outlive them."""

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
"""Attribute in which Textual stores (watcher, callback) for an object, by the name of the watched attribute."""
THAW_SECONDS = 1.0
THAWS = 3  # Seconds after closing a frozen screen until it is collected, and the number of attempts


def drop_watchers(app: App[Any]) -> None:
    """Textual drops them when the attribute is next set, which for most attributes takes hours or never happens."""
    for watchers in vars(app).get(_WATCHERS, {}).values():
        watchers[:] = [watch for watch in watchers if not watch[0]._closing]


class ForgottenStyles(StylesCache):
    """A widget's cache of drawn lines that dies with the widget. Textual's own stays alive as a key of an
    `lru_cache` with a thousand entries, each with every line it holds."""

    def get_inner_outer(self, base_background: Color, background: Color) -> tuple[Style, Style]:  # type: ignore[override]
        return _inner_outer(base_background, background)


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


# Every widget, including scroll bars, gets its cache class from this name.
vars(widget)["StylesCache"] = ForgottenStyles


class StyleFreeze:
    """Exempts the startup's objects from garbage collection, but collects a mode's screen once it is closed.
    Other screens of the startup stay: collecting one takes longer than a key may wait."""

    def __init__(self) -> None:
        self._screens: WeakSet[Screen[Any]] = WeakSet()
        self._frozen: WeakSet[Screen[Any]] = WeakSet()

    def note(self, screen: Screen[Any]) -> None:
        self._screens.add(screen)

    def opened_above(self, screen: Screen[Any]) -> None:
        self._screens.discard(screen)

    def begin(self) -> None:
        gc.freeze()
        # Including those that are just being closed.
        self._frozen = WeakSet(self._screens)

    @property
    def holds_closed(self) -> bool:
        """Whether a closed screen is frozen and cannot be collected."""
        return any(screen._closing for screen in self._frozen)

    def thaw_later(self, app: App[Any], times: int = THAWS) -> None:
        """Collect a closed frozen screen soon; not at once, because its closer still refers to it."""
        if times and self.holds_closed:
            app.set_timer(THAW_SECONDS, partial(self._thaw, app, times))

    def _thaw(self, app: App[Any], times: int) -> None:
        if self.holds_closed:
            self.renew()
            self.thaw_later(app, times - 1)

    def renew(self) -> None:
        gc.unfreeze()
        gc.collect()
        self.begin()
