import pytest

from tui import message_board
from tui.message_board import MessageBoard, from_home, reading_seconds
from widgets.frame.message_line import LineMessage

FIRST, SECOND = LineMessage("first"), LineMessage("second")
MATTER = LineMessage("slow queries: inspecting…", matter="inspection:slow-queries")


@pytest.fixture
def board() -> MessageBoard:
    return MessageBoard(lambda _message: None)


def test_the_next_replaces_the_last(board):
    board.add(FIRST)
    board.add(SECOND)
    assert board.current is SECOND
    board.remove(FIRST)
    assert board.current is SECOND
    board.remove(SECOND)
    assert board.current is None


def test_a_matter_is_shown_until_it_is_settled(board):
    board.add(MATTER)
    board.add(FIRST)
    assert board.current is FIRST
    board.remove(FIRST)
    assert board.current is MATTER, "still true, so it is shown again"
    board.settle("another")
    assert board.current is MATTER
    board.settle(MATTER.matter)
    assert board.current is None


def test_a_matter_settled_behind_another_message_never_comes_back(board):
    board.add(MATTER)
    board.add(FIRST)
    board.settle(MATTER.matter)
    assert board.current is FIRST
    board.remove(FIRST)
    assert board.current is None


def test_a_key_removes_notices_never_a_matter(board, monkeypatch):
    board.add(FIRST)
    assert board.noticed is None, "nobody can have read it yet"
    board.remove(board.noticed)
    assert board.current is FIRST
    monkeypatch.setattr(message_board, "_NOTICED", 0.0)
    assert board.noticed is FIRST
    board.remove(board.noticed)
    assert board.current is None
    board.add(MATTER)
    assert board.noticed is None


def test_each_shown_message_is_kept_in_the_past(board):
    for message in (FIRST, MATTER, SECOND):
        board.add(message)
    board.remove(SECOND)
    board.settle(MATTER.matter)
    assert list(board.past) == [FIRST, MATTER, SECOND]


def test_the_reading_time_grows_with_the_text_and_with_its_weight():
    short, long = reading_seconds(FIRST), reading_seconds(LineMessage("確認済みにしました" * 6))
    assert 4 <= short < long <= 20
    assert reading_seconds(LineMessage("x" * 40, "error")) > reading_seconds(LineMessage("x" * 40))
    assert reading_seconds(LineMessage("x", seconds=1.5)) == 1.5


def test_the_home_folder_is_short(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ops")
    assert from_home("Saved to /home/ops/a/b.html") == "Saved to ~/a/b.html"
    assert from_home("Saved to /home/opsy/b.html") == "Saved to /home/opsy/b.html"
