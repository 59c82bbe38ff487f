"""Values of a Logs Insights result: AWS sends every one as a text; times are UTC without a zone."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo

from services.models.date_text import day_text
from services.models.insights_queries import QueryRows

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,9})?Z?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
SAMPLE = 50  # Rows that decide what a column holds


def time_of(text: str | None) -> datetime | None:
    """A time as Logs Insights writes it, in UTC; None for anything else."""
    match = _TIME.fullmatch(text) if text else None
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment.replace(microsecond=int((match[3] or ".0")[1:7].ljust(6, "0")))


def milliseconds_of(text: str | None) -> int | None:
    """The same as epoch milliseconds, exactly."""
    moment = time_of(text)
    return (
        None
        if moment is None
        else int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000
    )


def number_of(text: str | None) -> float | None:
    if not text or _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def holds_times(table: QueryRows, place: int) -> bool:
    return _all(table, place, time_of)


def holds_numbers(table: QueryRows, place: int) -> bool:
    return _all(table, place, number_of)


def _all(table: QueryRows, place: int, parse: Callable[[str], object]) -> bool:
    texts = [row[place] for row in table.rows[:SAMPLE] if row[place]]
    return bool(texts) and all(parse(text) is not None for text in texts if text)


def local_time(text: str, zone: tzinfo, today: date | None = None) -> str:
    """A time of Logs Insights in another zone, to the millisecond if it has any: `2026-01-05 09:12:33.123`.
    With `today` as on the screen: without the date on that day, else `01-04(Sun) 09:12:33.123`."""
    moment = time_of(text)
    if moment is None:
        return text
    local = moment.astimezone(zone)
    milliseconds = f".{moment.microsecond // 1000:03}" if moment.microsecond else ""
    clock = f"{local:%H:%M:%S}{milliseconds}"
    if today is None:
        return f"{local.date().isoformat()} {clock}"
    return clock if local.date() == today else f"{day_text(local.date(), today)} {clock}"


def zone_name(table: QueryRows, place: int, zone: tzinfo) -> str:
    """The zone's name at the first time of a column: `JST`."""
    first = next((moment for row in table.rows[:SAMPLE] if (moment := time_of(row[place]))), None)
    return "" if first is None else first.astimezone(zone).tzname() or str(zone)


def sorted_rows(table: QueryRows, place: int, *, descending: bool = False) -> Sequence[int]:
    """The numbers of the rows by a column: numbers as numbers, before texts; what lacks the field is always last."""
    numbers: list[tuple[float, int]] = []
    texts: list[tuple[str, int]] = []
    missing: list[int] = []
    for index, row in enumerate(table.rows):
        text = row[place]
        if text is None:
            missing.append(index)
        elif (number := number_of(text)) is not None:
            numbers.append((number, index))
        else:
            texts.append((text.casefold(), index))
    numbers.sort(key=lambda pair: pair[0], reverse=descending)
    texts.sort(key=lambda pair: pair[0], reverse=descending)
    ordered = [*texts, *numbers] if descending else [*numbers, *texts]
    return [*(index for _key, index in ordered), *missing]
