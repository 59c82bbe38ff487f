import pytest
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI
from textual.color import Color
from textual.filter import ANSIToTruecolor, LineFilter, Monochrome, NoColor
from textual.strip import Strip

from widgets.drawing.line_filters import LineFilters

BACKGROUND = Color.parse("#102030")
STYLES = ("red", "dim green on blue", "bold #336699 on #000000", "none", "reverse magenta")


class Shout(LineFilter):
    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text.upper(), style) for text, style, _control in segments]


@pytest.mark.parametrize(
    "filters",
    [
        [],
        [ANSIToTruecolor(DIMMED_MONOKAI)],
        [ANSIToTruecolor(DIMMED_MONOKAI), Monochrome(), Shout()],
        [NoColor()],
        [Shout()],
    ],
    ids=lambda filters: "+".join(type(line_filter).__name__ for line_filter in filters) or "none",
)
def test_a_line_is_filtered_as_textual_does_it(filters):
    segments = [Segment(f"text {number}", Style.parse(style)) for number, style in enumerate(STYLES)]
    expected = Strip(segments)
    for line_filter in filters:
        expected = expected.apply_filter(line_filter, BACKGROUND)
    lines = LineFilters(filters, BACKGROUND)
    restyled = [Segment(text, lines.style(style or Style())) for text, style, _control in segments]
    assert Strip(lines.segments(restyled)) == expected


def test_the_same_filters_are_recognised():
    monochrome = Monochrome()
    assert LineFilters([monochrome], BACKGROUND) == LineFilters([monochrome], BACKGROUND)
    assert LineFilters([monochrome], BACKGROUND) != LineFilters([], BACKGROUND)
    assert LineFilters([], BACKGROUND) != LineFilters([], Color.parse("#ffffff"))
