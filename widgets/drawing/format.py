"""How the console writes durations, ages and times, and fits text to cells."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from rich.cells import cell_len, set_cell_size

from services.i18n import N_, _

ELLIPSIS = "…"
NOTHING = "—"
"""Written in place of an absent value."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_AGE_STEP = 5
_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip


def duration(seconds: float) -> str:
    """`seconds` in its two largest units: `12s`, `3m 12s`, `2h 05m`, `4d 3h`; negative counts as 0."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return _("{seconds}s").format(seconds=total)
    if total < _HOUR and total % _MINUTE:
        return _("{minutes}m {seconds}s").format(minutes=total // _MINUTE, seconds=total % _MINUTE)
    return coarse(total)


def coarse(seconds: float) -> str:
    """Like `duration`, but no finer than minutes, so that a table changes only once a minute."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return _("under 1m")
    if total < _HOUR:
        return _("{minutes}m").format(minutes=total // _MINUTE)
    if total < _DAY:
        return _("{hours}h {minutes}m").format(hours=total // _HOUR, minutes=total % _HOUR // _MINUTE)
    return _("{days}d {hours}h").format(days=total // _DAY, hours=total % _DAY // _HOUR)


def age(then: datetime, now: datetime) -> str:
    """How long ago `then` was."""
    return ago((now - then).total_seconds())


def ago(seconds: float) -> str:
    """`seconds` as an age; below a minute in steps of five, so that a label does not flicker."""
    seconds = max(0.0, seconds)
    if seconds < _AGE_STEP:
        return _("just now")
    if seconds < _MINUTE:
        return _("{time} ago").format(time=duration(seconds // _AGE_STEP * _AGE_STEP))
    return _("{time} ago").format(time=coarse(seconds))


def clock(at: datetime, zone: tzinfo, *, seconds: bool = True, name: bool = True) -> str:
    """`14:05:09 JST`: the time of day in `zone`, with the zone's own name."""
    local = at.astimezone(zone)
    text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{text} {local.tzname()}" if name else text


def stamp(at: datetime, zone: tzinfo, now: datetime | None = None, *, name: bool = True) -> str:
    """`11-25 14:05 JST`; without the date on the day of `now`, with the year in another year than `now`."""
    local = at.astimezone(zone)
    today = now.astimezone(zone).date() if now else None
    if local.date() == today:
        return clock(at, zone, seconds=False, name=name)
    date = f"{local:%m-%d}" if today is None or local.year == today.year else f"{local:%Y-%m-%d}"
    return f"{date} {clock(at, zone, seconds=False, name=name)}"


def weekday(number: int) -> str:
    """The short name of a day of the week; 0 is Monday."""
    return _(_WEEKDAYS[number])


def short_day(day: date) -> str:
    """`5 Jan`, 1月5日."""
    return _("{day} {month}").format(day=day.day, month=_(_MONTHS[day.month - 1]))


def day_words(day: date, *, year: bool = False) -> str:
    """`Mon 5 Jan`, 1月5日(月); with the year if `year`."""
    words = _("{weekday} {day} {month} {year}") if year else _("{weekday} {day} {month}")
    month = _(_MONTHS[day.month - 1])
    return words.format(weekday=weekday(day.weekday()), day=day.day, month=month, year=day.year)


def month_words(year: int, month: int) -> str:
    """`Jan 2026`, 2026年1月."""
    return _("{month} {year}").format(month=_(_MONTHS[month - 1]), year=year)


def crop(text: str, width: int) -> str:
    """`text` in at most `width` cells; ends in an ellipsis if it was cut."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def crop_middle(text: str, width: int) -> str:
    """Like `crop`, but preserves beginning and end: names often differ only in their last part."""
    if cell_len(text) <= width or width < 8:
        return crop(text, width)
    tail_width = (width - 1) * 2 // 5
    tail = text[-1:]
    for start in range(len(text) - 1, -1, -1):
        if cell_len(text[start:]) > tail_width:
            break
        tail = text[start:]
    return set_cell_size(text, width - 1 - cell_len(tail)).rstrip() + ELLIPSIS + tail


def pad(text: str, width: int, align: str = "left") -> str:
    """`text` in exactly `width` cells; `align` is left, right or center."""
    text = crop(text, width)
    room = max(0, width - cell_len(text))
    if align == "right":
        return " " * room + text
    if align == "center":
        return " " * (room // 2) + text + " " * (room - room // 2)
    return text + " " * room


def wrap(text: str, width: int) -> list[str]:
    """`text` broken into lines of at most `width` cells, at spaces where there are any.

    Japanese has no spaces, so a word that does not fit is broken between characters.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_line(paragraph, max(2, width)))
    return lines


def wrap_at(text: str, width: int) -> Iterator[tuple[int, str]]:
    """Like `wrap`, each line with its index in `text`; spaces at a break belong to no line."""
    at = 0
    for line in wrap(text, width):
        at = text.index(line, at)
        yield at, line
        at += len(line)


_NEVER_FIRST = frozenset("、。，．・：；？！」』）］｝〕〉》】ーぁぃぅぇぉっゃゅょァィゥェォッャュョ％")


def _wrap_line(text: str, width: int) -> list[str]:
    lines, line, line_width = [], "", 0
    for word in _pieces(text, width):
        size = cell_len(word)
        if line_width + size > width:
            # Closing and lengthening characters must not begin a line: they take the one before along.
            prefix = line[-1:] if word in _NEVER_FIRST and len(line) > 1 and cell_len(line[-1]) > 1 else ""
            if cell_len(prefix) + size > width:
                prefix = ""
            if line_width:
                lines.append(line[: len(line) - len(prefix)].rstrip())
            line, line_width = prefix, cell_len(prefix)
            if word.isspace():
                continue
        line, line_width = line + word, line_width + size
    lines.append(line.rstrip())
    return lines


def _pieces(text: str, width: int) -> list[str]:
    """Words of narrow characters, spaces, and wide characters one by one; no piece exceeds `width`."""
    pieces: list[str] = []
    for character in text:
        wide = cell_len(character) > 1
        joins = (
            pieces
            and not wide
            and pieces[-1].isspace() == character.isspace()
            and (cell_len(pieces[-1][-1]) <= 1)
            and len(pieces[-1]) < width
        )
        if joins or (pieces and cell_len(character) == 0):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
