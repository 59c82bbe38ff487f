from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.canvas import Canvas


def text(canvas: Canvas) -> list[str]:
    return ["".join(run for run, _owner in canvas.runs(y)) for y in range(canvas.height)]


def test_dots_become_braille():
    canvas = Canvas(2, 1)
    canvas.dot(0, 0, 1)
    canvas.dot(3, 3, 2)
    assert list(canvas.runs(0)) == [("⠁", 1), ("⢀", 2)]


def test_the_last_owner_of_a_cell_colours_it():
    canvas = Canvas(1, 1)
    canvas.dot(0, 0, 1)
    canvas.dot(1, 3, 2)
    assert list(canvas.runs(0)) == [("⢁", 2)]


def test_a_line_is_joined_in_every_column():
    canvas = Canvas(4, 2)
    canvas.line((0, 7), (7, 0), 1)
    assert text(canvas) == ["  ⡠⠊", "⡠⠊  "]


def test_strokes_leave_columns_out():
    solid, dotted = Canvas(4, 1), Canvas(4, 1)
    solid.line((0, 1), (7, 1), 1)
    dotted.line((0, 1), (7, 1), 1, stroke=2)
    assert (text(solid), text(dotted)) == (["⠒⠒⠒⠒"], ["⠂⠂⠂⠂"])


def test_an_area_reaches_the_bottom():
    canvas = Canvas(1, 1)
    canvas.area((0, 2), (1, 2), 1)
    assert text(canvas) == ["⣤"]


POINT = st.tuples(st.integers(-500, 500), st.integers(-500, 500))


@given(st.integers(0, 12), st.integers(0, 6), POINT, POINT, st.integers(0, 5))
def test_nothing_is_drawn_outside(width, height, one, two, stroke):
    canvas = Canvas(width, height)
    canvas.line(one, two, 1, stroke)
    canvas.area(one, two, 2)
    canvas.spot(*one, 3)
    assert [len(row) for row in text(canvas)] == [width] * height
