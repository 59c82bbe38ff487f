"""The maintenance window in words, as people in Japan and elsewhere write it, against RDS's spelling in UTC."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calendar.business_days import WEEKDAYS
from services.calendar.maintenance_windows import WEEK, Window
from services.runbook.loader import load_builtin, loads
from services.runbook.maintenance_window.checks import in_utc, read_window, spelling
from tests.services.runbook import small
from tests.services.runbook.small import SYSTEM

WINDOW = """timezone = "{timezone}"
[rds]
instance = "d"
window = "{words}"
window_utc = "{utc}"
"""
RIGHT, TYPED_AS_LOCAL = "sat:17:00-sat:18:00", "sun:02:00-sun:03:00"
"""Sunday 2:00-3:00 in Japan, and what one writes who forgets that RDS counts in UTC."""


def loaded(utc, words="", timezone="Asia/Tokyo"):
    return loads(SYSTEM + WINDOW.format(utc=utc, words=words, timezone=timezone))


def mistakes(utc, words="", timezone="Asia/Tokyo"):
    return small.mistakes(WINDOW.format(utc=utc, words=words, timezone=timezone))


@pytest.mark.parametrize("utc", ["sat:17:00-sat:17:20", "sun:23:50-mon:00:19", "sat:17:00-sat:17:00"])
def test_rds_takes_no_window_shorter_than_half_an_hour(utc):
    assert "30 minutes" in mistakes(utc)["rds.window_utc"]


SUNDAY_AT_TWO = """
日曜日 2:00-3:00
日曜日 2時-3時
日曜2-3時
日曜日 午前2時～3時
日曜日 2時00分から3時00分
日曜日2時00分から3時00分まで
日曜日 午前2時から1時間
日曜日 午前２時から６０分
毎週日曜日の2:00〜3:00
毎週日曜 02:00 ~ 03:00
毎月第1日曜日 2:00-3:00
毎月第１・第３日曜日 2:00-3:00
毎月第一日曜日 二時から三時
第2日曜日 2:00-3:00
日 2:00−3:00
日曜日 2:00ー3:00
日曜日 2:00―3:00
日曜日 2:00‐3:00
日曜日 2:00–3:00
日曜日 2:00—3:00
日曜日 2:00～3:00
日曜日 2:00ｰ3:00
日 ２：００〜３：００
日曜日 2:00-3:00 (JST)
日本時間 日曜日 2:00-3:00
日曜日 未明2時〜3時
日曜日（2:00-3:00）
日曜日 2:00-3:00（1時間）
土曜日 26時-27時
Sunday 02:00-03:00
sun 2:00 to 3:00
Sundays, 2-3 am
every Sunday from 2:00 to 3:00
Sunday between 2:00 and 3:00 AM
Sunday AM2:00-AM3:00
2:00-3:00 on Sundays
the first Sunday of every month, 2:00-3:00
Sunday 2:00 a.m. for 1 hour
土曜日 17:00-18:00 UTC
""".strip().splitlines()
ACROSS_MIDNIGHT = """
日曜日 午後11時〜翌1時
日曜日 午後11時〜午前1時
日曜日 午後11時〜1時
日曜日 23時〜翌1時
日曜日 23:00-翌日1:00
日曜日 23:00-25:00
日曜日 夜11時から2時間
日曜日 午後11時〜月曜日 午前1時
日曜日 午後11時〜月曜日 1時
Sunday 11 pm - 1 am
Sunday 11 pm to Monday 1:00
Sunday 23:00 to 1:00 the next day
""".strip().splitlines()
SUNDAY_NIGHT = ["日曜日 深夜2:00-3:00", "日曜 深夜2時から1時間", "日曜の深夜 2時〜3時"]


@pytest.mark.parametrize("words", [*SUNDAY_AT_TWO, *SUNDAY_NIGHT])
def test_words_and_utc_must_mean_the_same_time(words):
    assert loaded(RIGHT, words).cautions == ()
    messages = mistakes(TYPED_AS_LOCAL, words)
    assert messages == {"rds.window_utc": f'is not "{words}" in UTC: that is {RIGHT}'}


@pytest.mark.parametrize("words", ACROSS_MIDNIGHT)
def test_a_window_may_go_on_past_midnight(words):
    assert loaded("sun:14:00-sun:16:00", words).cautions == ()
    assert list(mistakes("sun:23:00-mon:01:00", words)) == ["rds.window_utc"]


@pytest.mark.parametrize("words", SUNDAY_NIGHT)
def test_the_night_of_a_day_is_two_nights(words):
    # Sunday's 2:00, or 2:00 in the night that follows Sunday: it is ambiguous, so neither is refused silently.
    (caution,) = loaded("sun:17:00-sun:18:00", words).cautions
    assert "write the day on which it begins" in caution.message


UNREAD = """
毎週末の深夜
日曜日の朝
日曜日の深夜
2:00-3:00
毎月第1日曜日
毎日 2:00-3:00
平日 2:00-3:00
土日 2:00-3:00
土・日 2:00-3:00
日曜日を除く毎日 2:00-3:00
毎月1日 2:00-3:00
月末日曜日 2:00-3:00
日曜日 2:00〜
日曜日 2:00
日曜日 2:70-3:00
日曜日 2:00-2:00
日曜日 11時-1時
日曜日 午前11時〜1時
日曜日 午前12時〜午前1時
日曜日 午後12時から1時間
日曜日 夜12時〜1時
日曜日 午後2時〜12時
日曜日 2:00-3:00（2時間）
日曜日 2:00-3:00 UTC+9
日曜日 2:00-3:00、4:00-5:00
日曜日 一二三時-四時
Saturday night 2:00-3:00
Sunday midnight to 1:00
Sunday 11-1 pm
Sunday 2:00-3:00 CET
Sunday and Monday 2:00-3:00
未定
""".strip().splitlines()


@pytest.mark.parametrize("words", UNREAD)
def test_what_cannot_be_compared_is_cautioned_and_never_refused(words):
    for utc in (RIGHT, TYPED_AS_LOCAL):
        (caution,) = loaded(utc, words).cautions
        assert (caution.key, caution.line) == ("rds.window", 11)
        assert f'"{words}" could not be compared with window_utc' in caution.message


def test_without_text_nothing_is_reported():
    assert loaded(TYPED_AS_LOCAL).cautions == ()


def test_the_shipped_window_is_described_correctly():
    rds = load_builtin("facility-prod").rds
    worded = read_window(str(rds.window))
    assert worded is not None
    assert {spelling(utc) for utc in in_utc(worded, "Asia/Tokyo")} == {rds.window_utc}


DAYS_IN_WORDS = (
    *(lambda day, form=form: form.format("月火水木金土日"[day]) for form in ("{}曜日 ", "{}曜", "毎週{}曜日の", "{} ")),
    lambda day: f"毎月第{day % 4 + 1}{'月火水木金土日'[day]}曜日 ",
    lambda day: f"{WEEKDAYS[day]} ",
    lambda day: f"every {WEEKDAYS[day][:3].lower()}, ",
)  # fmt: skip
WIDE = str.maketrans("0123456789:", "０１２３４５６７８９：")


def _oclock(minutes):
    hour, minute = divmod(minutes, 60)
    return f"{hour}時" + ("半" if minute == 30 else f"{minute}分" if minute else "")


def _half(minutes):
    hour, minute = divmod(minutes, 60)
    name = "午前" if hour < 12 else "午後"
    # What 午後12時 is depends on whom one asks.
    return f"{name}{hour % 12}時{minute:02d}分" if hour != 12 else f"12:{minute:02d}"


def _twelve(minutes):
    hour, minute = divmod(minutes, 60)
    return f"{(hour + 11) % 12 + 1}:{minute:02d} {'am' if hour < 12 else 'pm'}"


TIMES_IN_WORDS = (
    lambda minutes: f"{minutes // 60}:{minutes % 60:02d}",
    lambda minutes: f"{minutes // 60:02d}:{minutes % 60:02d}".translate(WIDE),
    _oclock,
    _half,
    _twelve,
)
BETWEEN = (*"-‐‑‒–—―−ー〜～~－ｰ", " - ", "から", "より", " to ", "～翌")
ZONES = ("Asia/Tokyo", "UTC", "Asia/Kolkata", "Pacific/Kiritimati", "America/Phoenix")
"""Clocks are never changed there."""


@given(
    day=st.integers(0, 6),
    start=st.integers(0, 1439),
    length=st.integers(30, 600),
    day_in_words=st.sampled_from(DAYS_IN_WORDS),
    start_in_words=st.sampled_from(TIMES_IN_WORDS),
    end_in_words=st.sampled_from((*TIMES_IN_WORDS, None)),
    between=st.sampled_from(BETWEEN),
    zone=st.sampled_from(ZONES),
    off=st.integers(1, 7 * 1440 - 1),
)
def test_exactly_the_right_window_is_accepted(day, start, length, day_in_words, start_in_words, end_in_words, between, zone, off):  # fmt: skip
    end = start + length
    if end_in_words is not None and _twelve in (start_in_words, end_in_words):
        # `10時 to 7 pm` is no way to write.
        start_in_words = end_in_words = _twelve
    across = between.endswith("翌")
    if end_in_words is None:
        words = f"{day_in_words(day)}{start_in_words(start)}から{length}分"
    else:
        # `翌` says what is so, and no more.
        between = between.removesuffix("翌") + ("翌" if end >= 1440 and (across or start < 13 * 60) else "")
        words = f"{day_in_words(day)}{start_in_words(start)}{between}{end_in_words(end % 1440)}"
    local = datetime(2026, 1, 5, tzinfo=ZoneInfo(zone)) + timedelta(days=day, minutes=start)
    offset = local - datetime(2026, 1, 5, tzinfo=ZoneInfo("UTC"))
    right = Window(WEEK, offset % WEEK, timedelta(minutes=length))
    assert loaded(spelling(right), words, zone).cautions == (), words
    wrong = Window(WEEK, (offset + timedelta(minutes=off)) % WEEK, right.length)
    assert mistakes(spelling(wrong), words, zone) == {
        "rds.window_utc": f'is not "{words}" in UTC: that is {spelling(right)}'
    }
    longer = Window(WEEK, right.offset, right.length + timedelta(minutes=off % 1000 + 1))
    assert list(mistakes(spelling(longer), words, zone)) == ["rds.window_utc"]


PIECES = st.sampled_from(
    [
        *"月火水木金土日 第毎半翌・/+0123456789:-〜ー",
        *("曜", "曜日", "毎週", "毎月", "午前", "午後", "深夜", "正午", "時", "分", "時間", "から", "まで", "2:00", "3時"),
        *("UTC", "JST", "Sunday", "am", "PM", "to", "noon", "1 hour", "を除く", "平日", "隔週", "first"),
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=9).map("".join))
def test_any_words_are_compared_or_cautioned(words):
    # Either way the same two windows cannot both pass without a word.
    remarks = [mistakes(utc, words) or loaded(utc, words).cautions for utc in (RIGHT, TYPED_AS_LOCAL)]
    assert all(remarks) or (any(remarks) and read_window(words)) or not words.strip()
