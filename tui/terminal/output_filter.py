"""The last line of defence: whatever a widget draws, nothing that steers a terminal leaves the console."""

import re
from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from services.models.text import UNSAFE


class LastLine(LineFilter):
    """Takes control, bidi and invisible characters out of drawn text and counts them.

    The models clean text as it enters, so every hit is a bug. What is taken out leaves as many spaces as
    it was wide, nearly always none, so the layout stays right; a surrogate becomes U+FFFD.
    """

    def __init__(self, on_hit: Callable[[str], None]) -> None:
        """`on_hit` is given the text before it was made safe."""
        super().__init__()
        self.hits = 0
        """Segments that held something unsafe, each time they were drawn."""
        self._on_hit = on_hit

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, safe; the same list when nothing had to be taken out."""
        if not any(_is_unsafe(segment) for segment in segments):
            return segments
        return [self._safe(segment) if _is_unsafe(segment) else segment for segment in segments]

    def _safe(self, segment: Segment) -> Segment:
        self.hits += 1
        self._on_hit(segment.text)
        return Segment(UNSAFE.sub(_blank, segment.text), segment.style)


def _is_unsafe(segment: Segment) -> bool:
    text, _style, control = segment
    if text.isascii() and text.isprintable():
        return False
    return control is None and UNSAFE.search(text) is not None


def _blank(found: re.Match[str]) -> str:
    character = found[0]
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " " * cell_len(character)
