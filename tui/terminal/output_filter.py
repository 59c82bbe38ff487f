"""The last line of defence: whatever a widget draws, no control sequence in a text reaches the terminal."""

import re
from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from services.models.text import UNSAFE, is_plain


class OutputFilter(LineFilter):
    """Removes control, bidi and invisible characters from drawn text, and counts the hits. The models clean
    text as it enters, so every hit is a bug. A removed character leaves spaces of its width, nearly always
    none, so the layout stays intact; a surrogate becomes U+FFFD."""

    def __init__(self, on_hit: Callable[[str], None]) -> None:
        super().__init__()
        self.hits = 0  # Number of unsafe segments, counted each time they are drawn
        self._on_hit = on_hit

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if not any(_is_unsafe(segment) for segment in segments):
            return segments
        return [self._safe(segment) if _is_unsafe(segment) else segment for segment in segments]

    def _safe(self, segment: Segment) -> Segment:
        self.hits += 1
        self._on_hit(segment.text)
        return Segment(UNSAFE.sub(_blank, segment.text), segment.style)


def _is_unsafe(segment: Segment) -> bool:
    text, _style, control = segment
    if is_plain(text):
        return False
    return control is None and UNSAFE.search(text) is not None


def _blank(match: re.Match[str]) -> str:
    character = match[0]
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " " * cell_len(character)
