from unittest.mock import patch

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.tui.terminal.cells.emulated import STYLES, texts
from tests.tui.terminal.cells.screens import MOVES, Screen
from tui.terminal.cells import runs as pieces
from tui.terminal.cells.styles import Rendition

put = st.tuples(
    st.just("put"), st.integers(-2, 60), st.integers(0, 17), texts, st.sampled_from(range(len(STYLES)))
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
    st.one_of(st.none(), st.tuples(st.integers(-70, 70), st.integers(-20, 20))),
    st.sampled_from(MOVES),
)
def test_the_terminal_shows_what_should_be_there(
    erases_in_colour, width, height, frames, fates, cursor, move
):
    screen = Screen(width, height, erases_in_colour=erases_in_colour)
    with patch.object(pieces, "_MOVE", move):
        for actions, fate in zip(frames, fates, strict=False):
            for action in actions:
                screen.do(action)
            if fate != "dropped":
                note(repr(screen.send(limit=20 if fate == "in parts" else None, cursor=cursor)))
                screen.check()
        screen.send()
        screen.check()


def test_what_does_not_change_is_not_sent():
    screen = Screen(40, 5)
    screen.do(("put", 0, 1, "施設予約 09:00:01", 3))
    screen.send()
    assert screen.send() == ""
    screen.do(("put", 0, 1, "施設予約 09:00:02", 3))
    assert screen.send() == "\b2", "the cursor stands behind the last digit"


def test_a_place_to_which_frames_return_is_stored_in_the_terminal():
    # A jump and the colours of the clock took 29 bytes after each frame that drew something else.
    screen = Screen(40, 5)
    screen.do(("put", 0, 3, "read at 09:00:00", 3))
    sent = []
    for second in range(1, 10):
        screen.do(("put", 0, 1, f"施設予約 09:00:0{second}", 2))
        if second == 6:
            screen.do(("put", 0, 3, f"read at 09:00:0{second}", 3))
        sent.append(screen.send())
        screen.check()
    assert sent[2:5] == ["\b3", "\b4\x1b7", "\b5"]
    assert sent[6] == "\x1b8\b7", "after a frame that ended elsewhere"
    assert sent[7:] == ["\b8", "\b9"]
    screen.do(("resume",))
    screen.send()
    screen.check()
    screen.do(("put", 39, 4, "x", 1))
    assert "\x1b8" not in screen.send(), "what it stored is not known any more"
    screen.check()


@pytest.mark.parametrize(
    ("before", "after", "sent"),
    [
        ("点検記録を取得", "施設情報を登録", "施設情報を登録"),
        ("点検を x取得", "施設を x登録", "施設\x1b[9G登録"),
        ("10.0 ms 12", "20.0 ms 13", "2\x1b[8C3"),
        ("1 MiB 2", "3 MiB 4", "3\x1b[7G4"),
        ("1 ms 2", "3 ms 4", "3 ms 4"),
    ],
)
def test_a_gap_is_written_where_skipping_it_takes_no_fewer_bytes(before, after, sent):
    screen = Screen(40, 1)
    screen.do(("put", 0, 0, before, 0))
    screen.send()
    screen.do(("put", 0, 0, after, 0))
    assert screen.send().lstrip("\r") == sent
    screen.check()


def test_rows_of_the_same_columns_are_sent_style_by_style():
    screen = Screen(80, 12)
    for y in range(12):
        screen.do(("put", 0, y, f"09:00:{y:02}", 1))
        screen.do(("put", 8, y, " 予約 registered", 2))
        screen.do(("put", 79, y, "|", 3))
    data = screen.send()
    screen.check()
    assert data.count("m") == 1 + 3, "cleared, and then each style once"
    screen.do(("put", 0, 3, "09:01:00", 2))
    screen.do(("put", 0, 4, "09:01:01 …… x", 1))
    screen.do(("put", 20, 4, "late", 2))
    screen.do(("put", 0, 5, "09:01:02", 2))
    data = screen.send()
    screen.check()
    assert data.index("x") < data.index("late") < data.index("09:01:00"), "after what may cover it"


def test_spaces_before_a_text_of_their_ground_do_not_hide_its_colour():
    screen = Screen(20, 2)
    ground = screen.renditions.number(Rendition(background="44"))
    screen.styles[:2] = [ground, screen.renditions.number(Rendition("35", "44"))]
    screen.do(("put", 0, 0, "first" * 4, 1))
    screen.do(("put", 0, 1, "   then", 0))
    screen.send()
    screen.do(("put", 0, 0, "again", 1))
    screen.do(("put", 0, 1, "      ", 1))
    screen.do(("put", 6, 1, "x", 0))
    screen.send()
    screen.check()


def test_a_block_that_moves_is_moved_by_the_terminal():
    screen = Screen(60, 12)
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


def test_a_blank_tail_is_erased_in_one_go():
    screen = Screen(60, 3)
    screen.do(("put", 0, 1, "abcdefgh" * 4, 2))
    screen.send()
    screen.do(("put", 4, 1, " " * 56, 4))
    data = screen.send()
    screen.check()
    assert data.endswith("\x1b[K")
    assert len(data) < 30


def test_a_frame_in_parts_starts_with_the_row_unchanged_longest():
    screen = Screen(60, 12)
    for y in range(12):
        screen.do(("put", 0, y, f"row {y:02} of the first", 0))
    screen.send(limit=60)
    for step in range(40):
        for y in range(10):  # they change all the time
            screen.do(("put", 30, y, chr(ord("a") + step % 26) * 20, 0))
        if step == 20:
            screen.do(("put", 0, 11, "answer to a key", 0))
        data, complete = screen.encoder.encode(screen.grid, limit=60)
        assert not complete
        assert ("answer to a" in data) == (step == 20)
    newest = [row[30] for row in screen.encoder.front.texts[:10]]
    assert len(set(newest)) > 3, "each row in its turn"


def test_on_a_slow_line_foregrounds_are_numbered_and_nothing_is_sent_again():
    screen = Screen(40, 3)
    exact = Rendition("38;2;112;114;118", "48;2;20;23;28", 1)
    screen.styles[0] = screen.renditions.number(exact)
    screen.do(("put", 0, 0, "exact", 0))
    screen.send()
    assert screen.encoder.encode(screen.grid, coarse=True) == ("", True)
    screen.do(("put", 0, 1, "coarse", 0))
    data, _complete = screen.encoder.encode(screen.grid, coarse=True)
    assert "38;5;243" in data
    assert "38;2;" not in data
    screen.do(("put", 0, 2, "exact", 0))
    assert "38;2;112;114;118" in screen.encoder.encode(screen.grid)[0]


def test_a_link_that_was_open_ends_where_all_is_painted_anew():
    screen = Screen(20, 2)
    screen.styles[0] = screen.renditions.number(Rendition(link="id=1;https://a.example"))
    screen.do(("put", 0, 1, "link", 0))
    assert screen.send().endswith("\x1b]8;id=1;https://a.example\x1b\\link")
    screen.do(("resume",))
    assert screen.send().startswith("\x1b]8;;\x1b\\\x1b[m\x1b[r")


@pytest.mark.slow
@pytest.mark.parametrize("erases_in_colour", [True, False])
@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), put, st.just(("resume",))), min_size=6, max_size=30))
def test_the_terminal_shows_what_should_be_there_beside_a_clock(erases_in_colour, between):
    screen = Screen(60, 18, erases_in_colour=erases_in_colour)
    for second, action in enumerate(between):
        if action is not None:
            screen.do(action)
        screen.do(("put", 20, 0, f"09:00:{second % 10:02}", 2))
        note(repr(screen.send()))
        screen.check()
