import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.tui.terminal.cells import desk as desk_module
from tests.tui.terminal.cells.desk import Desk
from tests.tui.terminal.cells.emulated import STYLES, texts
from tests.tui.terminal.cells.screens import Screen
from tui.terminal.cells.reply_queue import ReplyQueue, TerminalQuestion

WIDTH, HEIGHT = 100, 30
PANE = 60  # Columns of the log; a chart stands beside it
MOST = 200
"""Bytes of a frame with one new line: the line and its scroll region. Without margins it takes over a thousand."""


def log_line(number: int) -> str:
    return f"07:{number:02}:{number * 7 % 60:02} 200 {number * 37 % 997:4} GET 施設予約/{number * 13 % 89} 完了".ljust(
        30
    )


def with_log(first: int, *, has_margins: bool) -> Screen:
    screen = Screen(WIDTH, HEIGHT)
    screen.encoder.has_margins = has_margins
    for y in range(HEIGHT):
        screen.do(("put", PANE + 5, y, "⣿⡇" * (y % 7) + "済", 2))
    show_log(screen, first)
    screen.send()
    return screen


def show_log(screen: Screen, first: int) -> None:
    for y in range(1, HEIGHT - 1):
        screen.do(("put", 2, y, log_line(first + y), y % 3))


@pytest.mark.parametrize("by", [1, 3, -2])
def test_new_lines_of_a_pane_beside_another_are_all_that_is_sent(by):
    screen = with_log(10, has_margins=True)
    # What was in a style of its row is in the style of its line.
    screen.do(("scroll columns", 1, HEIGHT - 2, by, 2, PANE))
    for number in range(abs(by)):
        screen.do(("put", 2, HEIGHT - 2 - number if by > 0 else 1 + number, log_line(70 + number), 1))
    sent = screen.send()
    screen.check()
    assert len(sent.encode()) < MOST * abs(by), sent
    assert sent.count("\x1b[?69h") == sent.count("\x1b[?69l") == 1


def test_without_the_terminal_s_word_nothing_is_scrolled_beside_something_else():
    screen = with_log(10, has_margins=False)
    screen.do(("scroll columns", 1, HEIGHT - 2, 1, 2, PANE))
    assert "?69" not in screen.send()
    screen.check()


@pytest.mark.parametrize("has_margins", [True, False])
def test_a_line_beside_a_chart_costs_little_where_the_terminal_has_margins(has_margins):
    desk = Desk(has_margins=has_margins)
    lines = [
        f"07:{number:02} GET {chr(97 + number) * 30} {number * 37 % 997:8} │ {'#' * (1 + number % 9)}"
        for number in range(30)
    ]
    for row in range(desk_module.HEIGHT):
        desk.paint(lines[row], row)
    desk.loop.run(2)
    sent = sum(len(data) for _at, data in desk.line.sent)
    for row in range(1, desk_module.HEIGHT - 1):
        desk.paint(f"{lines[row + 1][:50]}{lines[row][50:]}", row)
    desk.loop.run(2)
    desk.check()
    taken = sum(len(data) for _at, data in desk.line.sent) - sent
    assert (taken < MOST) is has_margins, taken


steps = st.one_of(
    st.tuples(
        st.just("put"), st.integers(-2, 60), st.integers(0, 17), texts, st.sampled_from(range(len(STYLES)))
    ),
    st.tuples(
        st.just("scroll columns"),
        st.integers(0, 17),
        st.integers(0, 17),
        st.integers(-3, 3),
        st.integers(0, 40),
        st.integers(1, 60),
    ),
    st.tuples(st.just("scroll"), st.integers(0, 17), st.integers(0, 17), st.integers(-3, 3)),
)


@pytest.mark.slow
@pytest.mark.parametrize("erases_in_colour", [True, False])
@settings(deadline=None)
@given(st.lists(st.lists(steps, min_size=1, max_size=12), min_size=2, max_size=6), st.booleans())
def test_the_terminal_shows_what_should_be_there(erases_in_colour, frames, in_parts):
    screen = Screen(60, 18, erases_in_colour=erases_in_colour)
    screen.encoder.has_margins = True
    for y in range(18):
        screen.do(
            ("put", y % 5, y, f"{y:02} line {y * 37 % 91} 施設予約 {y * 53 % 97} and the rest of {y}", y % 4)
        )
    for actions in frames:
        for action in actions:
            screen.do(action)
        note(repr(screen.send(limit=20 if in_parts else None)))
        screen.check()


@pytest.mark.parametrize(("state", "has"), [(0, False), (1, True), (2, True), (3, False), (4, False)])
def test_the_terminal_is_asked_whether_it_has_margins(state, has):
    replies = ReplyQueue(lambda: None, lambda: 0.0)
    answer = f"\x1b[?69;{state}$y"
    assert not replies.consume(answer), "nobody asked"
    assert not replies.has_margins
    assert replies.ask(TerminalQuestion.MARGINS, 0, 0.0) == "\x1b[?69$p"
    assert replies.consume(answer)
    assert replies.has_margins is has
