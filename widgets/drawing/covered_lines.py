"""Ink for widgets whose cursor covers a part of a line: a role over the background of another."""

from functools import lru_cache

from rich.style import Style

from widgets.drawing.lines import LineStyles

_OVER = "@"


@lru_cache(256)
def over(role: str, base: str) -> str:
    """The name of `role` on the background of `base`; `role` itself without one."""
    return f"{role}{_OVER}{base}" if base else role


class CellStyles(LineStyles):
    """Knows the names that `over` gives."""

    def _look_up(self, role: str) -> Style:
        front, on, base = role.partition(_OVER)
        if not on:
            return super()._look_up(role)
        under = self.style(base)
        if self._own_colours_only(base):
            return under
        return self.style(front) + Style(bgcolor=under.bgcolor)

    def _own_colours_only(self, base: str) -> bool:
        """On the terminal's 16 colours a bright background leaves no colour readable but its own."""
        return base == "cursor" and self._widget.app.native_ansi_color
