from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from services.models.text import clean, clean_block
from widgets.drawing import format as fmt

JST = ZoneInfo("Asia/Tokyo")
AT = datetime(2025, 11, 25, 0, 5, 9, tzinfo=UTC)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=60).map(clean)
MIXED = st.text(alphabet="ab 漢字、カナ\u0301é-（）「」120件ー%", max_size=80).map(clean)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0s"),
        (12.9, "12s"),
        (60, "1m"),
        (192, "3m 12s"),
        (7500, "2h 5m"),
        (4 * 86400 + 3 * 3600, "4d 3h"),
    ],
)
def test_duration_uses_the_two_largest_units(seconds, words):
    assert fmt.duration(seconds) == words


def test_coarse_changes_once_a_minute():
    assert {fmt.coarse(seconds) for seconds in range(60, 120)} == {"1m"}
    assert fmt.coarse(59) == "under 1m"


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "just now"), (4, "just now"), (12, "10s ago"), (200, "3m ago")]
)
def test_age_is_calm(seconds, words):
    assert fmt.age(AT, AT + timedelta(seconds=seconds)) == words


def test_clock_prints_the_zone_it_is_in():
    assert fmt.clock(AT, JST) == "09:05:09 JST"
    assert fmt.clock(AT, UTC) == "00:05:09 UTC"
    assert fmt.clock(AT, JST, seconds=False, name=False) == "09:05"


def test_stamp_names_the_date_only_where_it_is_not_today_and_the_year_where_it_is_not_this_one():
    assert fmt.stamp(AT, JST, AT) == "09:05 JST"
    assert fmt.stamp(AT, JST, AT + timedelta(days=2)) == "11-25(Tue) 09:05 JST"
    assert fmt.stamp(AT, JST, AT + timedelta(days=90)) == "2025-11-25(Tue) 09:05 JST"
    assert fmt.stamp(AT - timedelta(hours=10), JST, AT) == "11-24(Mon) 23:05 JST"


@given(TEXT, st.integers(0, 40))
def test_crop_never_exceeds_its_cells(text, width):
    assert cell_len(fmt.crop(text, width)) <= width


@given(TEXT, st.integers(0, 40), st.sampled_from(["left", "right", "center"]))
def test_pad_fills_its_cells_exactly(text, width, align):
    assert cell_len(fmt.pad(text, width, align)) == width


def test_crop_ends_in_an_ellipsis_and_keeps_wide_characters_whole():
    assert fmt.crop("日本語テスト", 6) == "日本…"
    assert fmt.crop("日本語", 6) == "日本語"


@given(MIXED, st.integers(2, 30))
def test_wrap_loses_nothing_and_fits(text, width):
    lines = fmt.wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(TEXT, st.integers(0, 40))
def test_crop_middle_never_exceeds_its_cells(text, width):
    assert cell_len(fmt.crop_middle(text, width)) <= width


def test_crop_middle_keeps_both_ends():
    assert fmt.crop_middle("TargetTracking-service/cluster/api-AlarmLow", 22) == "TargetTrackin…AlarmLow"
    assert fmt.crop_middle("短い名前", 8) == "短い名前"


def test_no_line_begins_with_what_closes_the_one_before():
    assert fmt.wrap("確認していません。", 16) == ["確認していませ", "ん。"]
    assert fmt.wrap("予約アクション", 10) == ["予約アク", "ション"]
    assert fmt.wrap("あ。", 2) == ["あ", "。"]


PHRASES = st.lists(
    st.sampled_from(["確認", "点検した", "120件", "（01）", "「済」", "サーバー", "５％", "95%", "ab"]),
    max_size=20,
)


@given(PHRASES, st.sampled_from(["", "、"]), st.integers(12, 40))
def test_no_line_begins_or_ends_with_a_character_that_kinsoku_forbids_there(phrases, comma, width):
    for line in fmt.wrap(comma.join(phrases), width):
        assert not line or line[0] not in "、）」ー％%件"
        assert not line or line[-1] not in "（「"


@pytest.mark.parametrize("width", range(10, 40))
def test_a_paragraph_does_not_end_with_a_single_character(width):
    for text in (
        "アラームが発報しています。RDS 接続数が 120 件を超えました。",
        "引継ぎ事項を確認してください。",
    ):
        lines = fmt.wrap(text, width)
        assert len(lines) == 1 or cell_len(lines[-1]) >= 4
        assert all(line[0] not in "。、）" for line in lines)
        assert "120\n件" not in "\n".join(lines)


@pytest.mark.parametrize("width", range(16, 40))
def test_a_time_keeps_its_zone(width):
    text = "DB は 11-28(土) 02:20 JST の時点まで、次は 11-29(日) 02:00–03:00 JST。"
    lines = fmt.wrap(text, width)
    assert "".join(lines).count("JST") == 2
    assert not any(line.startswith("JST") for line in lines)


def test_wrap_keeps_paragraphs_and_words():
    assert fmt.wrap(clean_block("one two three\n四五六七"), 8) == ["one two", "three", "四五六七"]


@given(MIXED, st.integers(2, 30))
def test_every_wrapped_line_is_found_in_the_text_in_order(text, width):
    at = 0
    for start, line in fmt.wrap_at(text, width):
        assert start >= at
        assert text[start : start + len(line)] == line
        at = start + len(line)


def test_a_space_at_the_end_of_a_line_does_not_move_down_with_the_word_before_it():
    text = "a 50ab確」件\u3000bー5:）1b1」 ー:"
    assert [line for _at, line in fmt.wrap_at(text, 12)] == fmt.wrap(text, 12)
