"""Interprets hours as written by people: `午後2時`, `深夜11時`, `2 am`, `25:00`."""

from dataclasses import dataclass, replace
from datetime import timedelta

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
    marker: str
    """The part of the day, such as `午後` or `am`; "" for none."""
    exact: bool
    """Whether it is recognizable as a time by itself, unlike the 2 of `2-3時`."""


def spoken(
    start: Hour | None, end: Hour | None, *, other_day: bool
) -> tuple[timedelta, timedelta | None] | None:
    """Start and end, each counted from 0:00 of its day; None if either is ambiguous. One marker may apply to both.

    `other_day`: the text says that the end is on another day.
    """
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
