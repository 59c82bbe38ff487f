from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.drawing.diff import changed_regions
from widgets.drawing.lines import fit

STYLES = st.sampled_from([Style(), Style(bold=True), Style(color="red")])
TEXTS = st.text(st.sampled_from("ab1 :係あé"), min_size=1, max_size=4)
WIDTH = 12


def strip(spans: list[tuple[str, Style]]) -> Strip:
    names = [(text, str(at)) for at, (text, _style) in enumerate(spans)]
    styles = {str(at): style for at, (_text, style) in enumerate(spans)}
    segments = [Segment(text, styles.get(name, Style())) for text, name in fit(names, WIDTH) if text]
    return Strip(segments, WIDTH)


ROWS = st.lists(st.tuples(TEXTS, STYLES), max_size=5).map(strip)


def cells(row: Strip) -> list[tuple[str, Style | None]]:
    return [(part.text, part.style) for segment in row.simplify() for part in _single(segment)]


def _single(segment: Segment) -> list[Segment]:
    return [
        Segment(character if at == 0 else "", segment.style)
        for character in segment.text
        for at in range(Segment(character).cell_length)
    ]


@given(ROWS, ROWS)
def test_the_changed_cells_alone_turn_the_old_row_into_the_new_one(old, new):
    row = cells(old)
    for region in changed_regions([old], [new]):
        row[region.x : region.right] = cells(new)[region.x : region.right]
    assert row == cells(new)


def test_one_digit_of_a_clock_is_one_cell():
    old, new = (Strip([Segment(f" 09:00:1{digit} JST")]) for digit in (2, 3))
    assert [(region.x, region.width) for region in changed_regions([old], [new])] == [(8, 1)]


def test_the_same_cells_cut_otherwise_are_no_change():
    assert changed_regions([Strip([Segment("ab")])], [Strip([Segment("a"), Segment("b")])]) == []
