from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.incidents.follow_ups import offered_follow_up
from services.runbook.loader import load_builtin
from tui.screens.common.follow_ups import read_follow_ups

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 1, 19)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", []),
        ("2026-02-02 add an index", [("add an index", (2, 2))]),
        ("2/2　インデックス追加", [("インデックス追加", (2, 2))]),
        ("\n 25 a b \n明日 c\n", [("a b", (1, 25)), ("c", (1, 20))]),
    ],
)
def test_a_line_is_a_day_and_what_is_left(text, rows):
    follow_ups = [
        (text_left, datetime(2026, month, day, 9, tzinfo=TOKYO)) for text_left, (month, day) in rows
    ]
    assert read_follow_ups(text, TODAY, TOKYO) == (tuple(follow_ups), "")


def test_a_day_alone_leaves_what_the_runbook_suggests():
    offered = offered_follow_up(load_builtin("facility-prod"), "slow-queries")
    assert offered
    assert offered_follow_up(load_builtin("facility-prod"), "alarms") == ""
    rows, wrong = read_follow_ups("2/2", TODAY, TOKYO, offered)
    assert [text for text, _due in rows] == [offered]
    assert not wrong


@pytest.mark.parametrize("text", ["add an index", "2/2", "2/2 a\nb", "31/31 x"])
def test_without_a_day_or_a_text_nothing_is_left(text):
    rows, wrong = read_follow_ups(text, TODAY, TOKYO)
    assert rows == ()
    assert text.splitlines()[-1] in wrong
