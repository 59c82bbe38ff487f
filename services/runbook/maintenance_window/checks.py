"""Checks the maintenance window: that RDS accepts it, and that `window` (in words) and `window_utc` agree."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.calendar.business_days import WEEKDAYS
from services.calendar.maintenance_windows import DAY, WEEK, Window, weekly
from services.i18n import _
from services.models.runbook import Runbook
from services.toml.positions import Path

# Parses a weekly window written in words: `日曜日 2:00-3:00`, `毎週日曜 午前2時から1時間`, `Sunday 2-3 am`.
#
# Every word must be recognized. A text that is partly unknown or ambiguous is not parsed at all, because a
# misinterpretation would reject a correct window.


_AFTERNOON = {**{hour: hour + 12 for hour in range(12)}, **{hour: hour for hour in range(12, 24)}}
_MARKED: dict[str, dict[int, int]] = {
    "": {hour: hour for hour in range(31)},
    "am": {12: 0, **{hour: hour for hour in range(12)}},
    "pm": {12: 12, **{hour: hour + 12 for hour in range(1, 12)}},
    # 午前12時 and 午後12時 are ambiguous: noon for some people, midnight for others.
    "午前": {hour: hour for hour in range(12)},
    "午後": {hour: value for hour, value in _AFTERNOON.items() if hour != 12},
    "深夜": {**{hour: hour for hour in range(6)}, 10: 22, 11: 23, **{hour: hour for hour in range(22, 31)}},
    "未明": {hour: hour for hour in range(6)},
    "明け方": {hour: hour for hour in range(3, 8)},
    "早朝": {hour: hour for hour in range(3, 9)},
    "朝": {hour: hour for hour in range(4, 12)},
    "昼": {11: 11, 12: 12, 1: 13, 2: 14, 3: 15, 13: 13, 14: 14, 15: 15},
    "夕方": {**{hour: hour + 12 for hour in range(3, 8)}, **{hour: hour for hour in range(15, 20)}},
    "夜": {**{hour: hour + 12 for hour in range(6, 12)}, **{hour: hour for hour in range(18, 31)}},
}
"""By marker: the hour in 24-hour time (24 and more: the following night). Hours not listed are ambiguous."""
_SAME = {"夜間": "夜", "晩": "夜"}
_NIGHTS = ("深夜", "夜")
_HALVES = ("am", "pm", "午前", "午後")


@dataclass(frozen=True, slots=True)
class Hour:
    hour: int
    minute: int
    marker: str  # The part of the day, such as `午後` or `am`; "" for none
    exact: bool  # Whether it is recognizable as a time by itself, unlike the 2 of `2-3時`


def spoken(
    start: Hour | None, end: Hour | None, *, other_day: bool
) -> tuple[timedelta, timedelta | None] | None:
    """Start and end, each counted from 0:00 of its day; None if either is ambiguous. One marker may apply to
    both. `other_day`: the text says that the end is on another day."""
    if start is None:
        return None
    start, end = _named(start), _named(end)
    assert start is not None
    # `2-3` alone may mean anything; `2-3時` and `2-3 am` are times.
    if not any(each.exact or each.marker for each in (start, end) if each):
        return None
    if end is None:
        first = _of_day(start)
        return None if first is None else (first, None)
    carried = start if other_day else _carried_back(start, end)
    first = _of_day(carried)
    last = _of_day(end) if other_day else _last(carried, end)
    return None if first is None or last is None else (first, last)


def _named(hour: Hour | None) -> Hour | None:
    return replace(hour, marker=_SAME.get(hour.marker, hour.marker)) if hour else None


def _carried_back(start: Hour, end: Hour) -> Hour:
    """Apply the end's marker to the start, as in `2:00-3:00 am`."""
    if start.marker or end.marker not in ("am", "pm") or start.hour > 12:
        return start
    both = replace(start, marker=end.marker)
    first, last = _of_day(both), _of_day(end)
    # `11-1 pm` is ambiguous (most people mean 11 am), so the marker must be written out.
    return both if first is not None and last is not None and first < last else replace(start, marker="?")


def _last(start: Hour, end: Hour) -> timedelta | None:
    if end.marker:
        return timedelta(days=1) if end.marker in _NIGHTS and _midnight(end) else _of_day(end)
    if not start.marker:
        return _of_day(end)
    if start.marker in _NIGHTS and _midnight(end):
        return timedelta(days=1)
    same = _of_day(replace(end, marker=start.marker))
    if start.marker in _HALVES:
        return _in_half(start, end, same)
    return same if same is not None else _of_day(end)


def _in_half(start: Hour, end: Hour, same: timedelta | None) -> timedelta | None:
    """The end of a window that starts in a marked half of the day; `same` is the end if it is in the same half."""
    first, forenoon = _of_day(start), start.marker in ("am", "午前")
    if end.hour > 12:
        return _of_day(end)
    if end.hour == 12:
        # 午前2時-12時 ends at noon; 午後2時-12時 may end at midnight.
        return _of_day(end) if forenoon else None
    if first is None or same is None or first < same:
        return same
    # `午前11時-1時` ends at 13 or at 1; `午後11時-1時` only at 1.
    return None if forenoon else _of_day(end)


def _midnight(end: Hour) -> bool:
    return (end.hour, end.minute) == (12, 0)


def _of_day(clock_hour: Hour) -> timedelta | None:
    hour = _MARKED.get(clock_hour.marker, {}).get(clock_hour.hour)
    return (
        None if hour is None or clock_hour.minute > 59 else timedelta(hours=hour, minutes=clock_hour.minute)
    )


_HOUR = timedelta(hours=1)
_KANJI = "一二三四五六七八九"
_NUMERAL = re.compile(rf"(?<=第)[{_KANJI}]|[〇零十{_KANJI}]+(?=時|分)")
_DASHES = re.compile("[‐‑‒–—―−─━〜∼∿⁓〰~]|→|⇒|\\.\\.+|…")
_DAYS = {
    **{kanji: day for day, kanji in enumerate("月火水木金土日")},
    **{name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_ZONES = {
    **dict.fromkeys(("utc", "gmt", "協定世界時", "世界標準時", "世界時"), "UTC"),
    **dict.fromkeys(("jst", "日本標準時", "日本時間", "japan time"), "Asia/Tokyo"),
}
_ORDINAL = (
    r"(?:第\s*[1-5](?:\s*(?:[・,、と/&]|及び|および)\s*第?\s*[1-5])*|最終)(?:週の?)?\s*(?=[月火水木金土日]曜)"
)
_EVERY = (
    r"毎週|毎月|隔週|毎(?=[月火水木金土日]曜)|(?:each|every|weekly|first|second|third|fourth|last|1st|2nd|3rd|4th)\b|"
    r"of (?:the|each|every) month\b"
)
_NOISE = (
    r"(?:定期|定例)?(?:メンテナンス|メンテ|保守)(?:ウィンドウ|ウインドウ|時間帯|時間|作業)?|時間帯|週次|現地時間|開始|"
    r"ちょうど|頃|ごろ|まで|の間|間に?|の|に|は|[、。,.;:()\[\]「」【】〔〕]|\s+|"
    r"(?:maintenance|window|local|time|the|on|at|from|between|starting|for)\b|o'clock"
)
_TOKENS = re.compile(
    "|".join(
        (
            rf"(?P<ordinal>{_ORDINAL}|{_EVERY})",
            r"(?P<day>[月火水木金土日]曜日?|[月火水木金土日](?![一-鿿])|"
            r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)s?\b)",
            rf"(?P<zone>{'|'.join(_ZONES)})",
            r"(?P<length>(?P<hours>\d+(?:\.5)?)\s*(?:時間|hours?\b|hrs?\b|h\b)(?P<half>半)?"
            r"(?:\s*(?P<minutes>\d+)\s*(?:分間?|minutes?\b|mins?\b|m\b))?"
            r"|(?P<only_minutes>\d+)\s*(?:分間?|minutes?\b|mins?\b)|(?P<one>(?:an|one) hour\b)|(?P<half_hour>half an hour\b))",
            r"(?P<time>(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?![\d:])|時(?!間)(?:(?P<past>\d{1,2})分|(?P<half_past>半))?)"
            r"|正午|noon\b|(?P<bare>\d{1,2})(?![\d:.日月週]))",
            r"(?P<marker>[ap]\.?m(?![a-z])\.?|午前|午後|深夜|未明|早朝|明け方|朝|昼|夕方|夜間?|晩)",
            r"(?P<next>翌[日朝]?|次の日|(?:the )?(?:next|following) day\b)",
            r"(?P<to>-|ー|から|より|to\b|till\b|until\b|and\b)",
            rf"(?P<noise>{_NOISE})",
        )
    ),
    re.IGNORECASE,
)
_LETTERS = {
    "day": "D", "time": "T", "marker": "M", "next": "X", "to": "S", "length": "L", "zone": "", "ordinal": "", "noise": ""
}  # fmt: skip
_SENTENCE = re.compile(
    "(?P<day>D)?(?P<before>M)?(?P<start>T)(?P<after>M)?"
    "(?:S(?P<next>X)?(?P<end_day>D)?(?P<end_before>M)?(?P<end>T)(?P<end_after>M)?(?P<end_next>X)?)?"
    "(?:S?(?P<length>L))?(?P<last_day>D)?"
)
"""The grammar, with one letter per meaningful token; the day may come last (`2:00-3:00 on Sundays`)."""

Match = re.Match[str]


@dataclass(frozen=True, slots=True)
class WordedWindow:
    window: Window  # The window, with its hours taken as UTC
    zone: str  # The time zone named in the words; "" for none
    next_night: bool
    """Whether the day is ambiguous: `土曜深夜2時` is Saturday 2:00 for some readers, Sunday 2:00 for others."""


def read_window(text: str) -> WordedWindow | None:
    """Parse a window; None if a word is not recognized, or if the text does not define one day, a start and an end."""
    words = list(_words(_plain(text)))
    zones = {_ZONES[word[0].lower()] for word in words if word and word["zone"]}
    if None in words or len(zones) > 1:
        return None
    meaningful = [word for word in words if word and _LETTERS[str(word.lastgroup)]]
    sentence = _SENTENCE.fullmatch("".join(_LETTERS[str(word.lastgroup)] for word in meaningful))
    if sentence is None:
        return None
    parts = {
        name: meaningful[sentence.start(name)]
        for name in sentence.re.groupindex
        if sentence[name] is not None
    }
    return _window_of(parts, "".join(zones))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("∶", ":").strip()
    return _NUMERAL.sub(lambda match: _digits(match[0]), _DASHES.sub("-", text))


def _digits(kanji: str) -> str:
    """A kanji numeral such as `二十三` in digits; unchanged if it is not a number below a hundred."""
    tens, ten, ones = kanji.rpartition("十")
    if not ten:
        return "".join(str(_KANJI.find(each) + 1) for each in ones)
    if len(tens) > 1 or len(ones) > 1:
        return kanji
    return str(10 * (_KANJI.find(tens) + 1 if tens else 1) + (_KANJI.find(ones) + 1 if ones else 0))


def _words(text: str) -> Iterator[Match | None]:
    position = 0
    while position < len(text):
        word = _TOKENS.match(text, position)
        yield word
        position = word.end() if word else len(text)


def _window_of(parts: dict[str, Match], zone: str) -> WordedWindow | None:
    day = parts.get("day") or parts.get("last_day")
    if day is None or ("day" in parts and "last_day" in parts):
        return None
    hours = spoken(
        *(_hour(parts, name) for name in ("start", "end")),
        other_day=any(name in parts for name in ("end_day", "next", "end_next")),
    )
    length = _length(parts["length"]) if "length" in parts else None
    if hours is None:
        return None
    start, end = hours
    offset = timedelta(days=_day(day))
    if end is not None:
        duration = _until(start, end, parts, offset)
        if duration is None or length not in (None, duration):
            return None
        length = duration
    if not length or length > DAY:
        return None
    window = Window(WEEK, (offset + start) % WEEK, length)
    return WordedWindow(window, zone, _at_night(parts) and start < 6 * _HOUR)


def _until(start: timedelta, end: timedelta, parts: dict[str, Match], offset: timedelta) -> timedelta | None:
    if "end_day" in parts:
        return (timedelta(days=_day(parts["end_day"])) + end - offset - start) % WEEK
    if "next" in parts or "end_next" in parts:
        return end + DAY - start if end < DAY else None
    if end > start:
        return end - start
    # `11時-1時` means 23 to 1 or 11 to 13 to most people, but never 14 hours.
    exact = start >= 13 * _HOUR or parts["start"]["minute"] is not None
    return end + DAY - start if exact and end < start else None


def _hour(parts: dict[str, Match], name: str) -> Hour | None:
    prefix = "" if name == "start" else "end_"
    word = parts.get(name)
    if word is None:
        return None
    before, after = (parts.get(prefix + place) for place in ("before", "after"))
    if word["hour"] is None and word["bare"] is None:
        return Hour(12, 0, "" if before is None and after is None else "?", exact=True)
    minute = 30 if word["half_past"] else int(word["minute"] or word["past"] or 0)
    marker = "?" if before and after else _marker(before or after)
    return Hour(int(word["hour"] or word["bare"]), minute, marker, exact=word["bare"] is None)


def _marker(word: Match | None) -> str:
    return word[0].lower().replace(".", "") if word else ""


def _at_night(parts: dict[str, Match]) -> bool:
    return any(_marker(parts.get(place)) in ("深夜", "夜", "夜間", "晩") for place in ("before", "after"))


def _day(word: Match) -> int:
    return _DAYS[word[0][:3].lower() if word[0].isascii() else word[0][0]]


def _length(word: Match) -> timedelta:
    if word["one"]:
        return _HOUR
    if word["half_hour"]:
        return _HOUR / 2
    hours = float(word["hours"] or 0) + (0.5 if word["half"] else 0)
    return timedelta(hours=hours, minutes=int(word["minutes"] or word["only_minutes"] or 0))


Mistakes = Iterator[tuple[Path, str]]  # (path, message) of each mistake

SHORTEST = timedelta(minutes=30)
"""The shortest maintenance window (PreferredMaintenanceWindow, Amazon RDS API reference)."""


def window(runbook: Runbook) -> Mistakes:
    """`window_utc` is at least 30 minutes long and means the same time as the words in `window`."""
    spelt = weekly(runbook.rds.window_utc) if runbook.rds else None
    if runbook.rds is None or spelt is None:
        return
    if spelt.length < SHORTEST or spelt.length == WEEK:
        yield ("rds", "window_utc"), _("must last 30 minutes or more: RDS takes no shorter window")
    for words in runbook.rds.versions("window"):
        worded = read_window(str(words))
        meant = in_utc(worded, runbook.system.timezone) if worded else []
        if worded and meant and spelt not in (*meant, *_next_night(worded, meant)):
            text = _('is not "{words}" in UTC: that is {window}')
            yield ("rds", "window_utc"), text.format(words=words, window=spelling(meant[0]))


def not_compared(runbook: Runbook) -> Mistakes:
    """Yield cautions for words that cannot be compared with `window_utc`, where a local time could go unnoticed."""
    spelt = weekly(runbook.rds.window_utc) if runbook.rds else None
    if runbook.rds is None or spelt is None:
        return
    places: tuple[Path, ...] = (("rds", "window"), ("rds", "en", "window"))
    for path, words in zip(places, runbook.rds.versions("window"), strict=False):
        if words:
            yield from _not_compared(path, str(words), spelt, runbook.system.timezone)


def _not_compared(path: Path, words: str, spelt: Window, timezone: str) -> Mistakes:
    worded = read_window(words)
    meant = in_utc(worded, timezone) if worded else []
    if worded is None:
        text = _(
            'warning: "{words}" could not be compared with window_utc: write one day and two times such as {example}'
        )
        yield path, text.format(words=words, example=_("Sunday 2:00-3:00"))
    elif spelt in _next_night(worded, meant):
        text = _(
            'warning: "{words}" is {window} in UTC, but can be read as a day later, as window_utc says: write the day on which it begins'
        )
        yield path, text.format(words=words, window=spelling(meant[0]))


def _next_night(worded: WordedWindow, meant: list[Window]) -> list[Window]:
    return [Window(WEEK, (each.offset + DAY) % WEEK, each.length) for each in meant if worded.next_night]


def in_utc(worded: WordedWindow, timezone: str) -> list[Window]:
    """The window in UTC in January and in July; equal in zones without daylight saving time."""
    try:
        zone = ZoneInfo(worded.zone or timezone)
    except (KeyError, ValueError, OSError):
        return []
    shifts = [datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)]
    return [
        Window(WEEK, (worded.window.offset - (shift or timedelta())) % WEEK, worded.window.length)
        for shift in shifts
    ]


def spelling(meant: Window) -> str:
    ends = ((meant.offset + more) % WEEK for more in (timedelta(), meant.length))
    return "-".join(
        f"{WEEKDAYS[end.days][:3].lower()}:{end.seconds // 3600:02d}:{end.seconds // 60 % 60:02d}"
        for end in ends
    )
