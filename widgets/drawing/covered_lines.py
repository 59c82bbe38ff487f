"""Styles for widgets whose cursor covers a part of a line: a role on the background of another."""

from functools import lru_cache

from rich.style import Style

from widgets.drawing.lines import LineStyles

_OVER = "@"


@lru_cache(256)
def over(role: str, base: str) -> str:
    """The name of the role `role` on the background of `base`; `role` itself if `base` is ""."""
    return f"{role}{_OVER}{base}" if base else role


class CellStyles(LineStyles):
    """Resolves the names that `over` returns."""

    def _look_up(self, role: str) -> Style:
        front, on, base = role.partition(_OVER)
        if not on:
            return super()._look_up(role)
        under = self.style(base)
        if self._own_colours_only(base):
            return under
        return self.style(front) + Style(bgcolor=under.bgcolor)

    def _own_colours_only(self, base: str) -> bool:
        """Whether `base` is a bright one of 16 colours, on which only its own foreground is readable."""
        return base == "cursor" and self._widget.app.native_ansi_color
