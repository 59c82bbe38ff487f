"""Textual's line filters, applied once where a line is built, not to every strip of every frame. For lines
that arrive by the thousand, filtering each frame's strips costs more than building them: every filter copies
all segments into a strip of its own."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import ANSIToTruecolor, DimFilter, LineFilter, Monochrome, NoColor

_OF_STYLES = (ANSIToTruecolor, DimFilter, Monochrome, NoColor)
"""Filters that change a segment's style, whatever its text is."""


class LineFilters:
    def __init__(self, filters: Sequence[LineFilter] = (), background: Color | None = None) -> None:
        self._background = background or Color(0, 0, 0)
        self._of_styles = tuple(filter for filter in filters if isinstance(filter, _OF_STYLES))
        self._of_texts = tuple(filter for filter in filters if not isinstance(filter, _OF_STYLES))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineFilters) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # Python's way to say: cannot be hashed

    def style(self, style: Style) -> Style:
        for line_filter in self._of_styles:
            style = line_filter.apply([Segment(" ", style)], self._background)[0].style or style
        return style

    def segments(self, segments: list[Segment]) -> list[Segment]:
        for line_filter in self._of_texts:
            segments = line_filter.apply(segments, self._background)
        return segments
