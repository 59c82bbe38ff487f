"""Whatever the screen was and becomes: what is sent makes a terminal show it, cell by cell."""

from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.tui.wire.emulated import LOOKS, texts
from tests.tui.wire.screens import Screen
from tui.wire.features import Features

put = st.tuples(
    st.just("put"), st.integers(-2, 60), st.integers(0, 17), texts, st.sampled_from(range(len(LOOKS)))
)
steps = st.one_of(
    st.lists(put, min_size=1, max_size=25),
    st.lists(put, min_size=1, max_size=3),
    st.just([("show",)]),
    st.tuples(st.tuples(st.just("scroll"), st.integers(0, 17), st.integers(0, 17), st.integers(-5, 5))).map(
        list
    ),
    st.just([("resume",)]),
    st.tuples(st.tuples(st.just("resize"), st.integers(2, 60), st.integers(1, 18))).map(list),
)


@pytest.mark.parametrize("erases_in_colour", [True, False])
@settings(deadline=None)
@given(
    st.integers(2, 60),
    st.integers(1, 18),
    st.lists(steps, min_size=1, max_size=8),
    st.lists(st.sampled_from(["send", "send", "dropped", "in parts"]), min_size=8, max_size=8),
)
def test_the_terminal_shows_what_should_be_there(
    erases_in_colour: bool, width: int, height: int, frames: list[list[tuple[Any, ...]]], fates: list[str]
) -> None:
    screen = Screen(width, height, Features(erases_in_colour=erases_in_colour))
    for actions, fate in zip(frames, fates, strict=False):
        for action in actions:
            screen.do(action)
        if fate != "dropped":
            note(repr(screen.send(limit=20 if fate == "in parts" else None)))
            screen.check()
    screen.send()
    screen.check()


def test_what_does_not_change_is_not_sent() -> None:
    screen = Screen(40, 5, Features())
    screen.do(("put", 0, 1, "施設予約 09:00:01", 3))
    screen.send()
    assert screen.send() == ""
    screen.do(("put", 0, 1, "施設予約 09:00:02", 3))
    assert screen.send() == "\b2", "the cursor stands behind the last digit"


def test_a_block_that_moves_is_moved_by_the_terminal() -> None:
    screen = Screen(60, 12, Features())
    words = ["alarm", "予約", "timeout", "登録しました", "GET /api/v1/facilities", "connection reset by peer"]
    for y in range(12):
        screen.do(("put", 0, y, f"{y:02} {words[y % 6]} {words[y * 5 % 6 - 1]}", 1))
    screen.send()
    screen.do(("scroll", 2, 9, 1))
    screen.do(("put", 0, 9, f"{'a new line at the end':60}", 1))
    data = screen.send()
    screen.check()
    assert data.startswith("\x1b[m\x1b[3;10r\x1b[3H\x1b[M\x1b[r")
    assert len(data) < 70, data


def test_a_blank_tail_is_erased_in_one_go() -> None:
    screen = Screen(60, 3, Features())
    screen.do(("put", 0, 1, "abcdefgh" * 4, 2))
    screen.send()
    screen.do(("put", 4, 1, " " * 56, 4))
    data = screen.send()
    screen.check()
    assert data.endswith("\x1b[K")
    assert len(data) < 30


def test_rows_that_are_urgent_come_first_and_none_starves() -> None:
    screen = Screen(60, 12, Features())
    screen.send()
    for y in range(12):
        screen.do(("put", 0, y, f"row {y:02} " + "x" * 40, 0))
    first, complete = screen.encoder.encode(screen.grid, limit=60, first=[7])
    assert not complete
    assert first.index("row 07") < first.index("row 00")
    seen = first
    for _frame in range(12):
        for y in (0, 1, 2):  # they change all the time
            screen.do(("put", 50, y, str(_frame % 10), 0))
        more, complete = screen.encoder.encode(screen.grid, limit=60)
        seen += more
    assert all(f"row {y:02}" in seen for y in range(12))
