import re
from collections.abc import Iterator
from datetime import datetime, tzinfo
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from services.i18n import _
from services.models.date_text import dated_time, time_text, with_zone

ELLIPSIS = "…"
_BEFORE_ELLIPSIS = f" {ELLIPSIS}"
"""What is dropped at a cut: a space, and the ellipsis of a text that was cut before."""
NOTHING = "—"  # Written in place of an absent value

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
AGE_STEP = 10  # Seconds between two ages of less than a minute


def duration(seconds: float) -> str:
    """`seconds` in its two largest units: `12s`, `3m 12s`, `2h 05m`, `4d 3h`; negative counts as 0."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return _("{seconds}s", seconds=total)
    if total < _HOUR and total % _MINUTE:
        return _("{minutes}m {seconds}s", minutes=total // _MINUTE, seconds=total % _MINUTE)
    return coarse(total)


def coarse(seconds: float) -> str:
    """Like `duration`, but no finer than minutes, so that a table changes only once a minute."""
    total = max(0, int(seconds))
    if total < _MINUTE:
        return _("under 1m")
    if total < _HOUR:
        return _("{minutes}m", minutes=total // _MINUTE)
    if total < _DAY:
        return _("{hours}h {minutes}m", hours=total // _HOUR, minutes=total % _HOUR // _MINUTE)
    return _("{days}d {hours}h", days=total // _DAY, hours=total % _DAY // _HOUR)


def age(then: datetime, now: datetime) -> str:
    return ago((now - then).total_seconds())


def ago(seconds: float) -> str:
    """`seconds` as an age; below a minute in steps of AGE_STEP: nobody acts on less, and each one costs bytes."""
    seconds = max(0.0, seconds)
    if seconds < AGE_STEP:
        return _("just now")
    if seconds < _MINUTE:
        return _("{time} ago", time=duration(seconds // AGE_STEP * AGE_STEP))
    return _("{time} ago", time=coarse(seconds))


def clock(at: datetime, zone: tzinfo, *, seconds: bool = True, name: bool = True) -> str:
    """`14:05:09 JST`: the time of day in `zone`, with the zone's own name."""
    local = at.astimezone(zone)
    text = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{text} {local.tzname()}" if name else text


def stamp(at: datetime, zone: tzinfo, now: datetime | None = None, *, name: bool = True) -> str:
    """`11-25(Wed) 14:05 JST`; without the date on the day of `now`, with the year in another year, and without `now`."""
    text = time_text(at, zone, now) if now else dated_time(at, zone)
    return with_zone(text, at, zone) if name else text


def crop(text: str, width: int) -> str:
    """`text` in at most `width` cells; ends in an ellipsis if it was cut."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip(_BEFORE_ELLIPSIS) + ELLIPSIS


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
    return set_cell_size(text, width - 1 - cell_len(tail)).rstrip(_BEFORE_ELLIPSIS) + ELLIPSIS + tail


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
    """`text` broken into lines of at most `width` cells, at spaces where there are any. Japanese has no
    spaces, so a word that does not fit is broken between characters."""
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


_NEVER_FIRST = frozenset(
    "、。，．・：；？！」』）］｝〕〉》】ーぁぃぅぇぉっゃゅょァィゥェォッャュョ％,.:;?!)]}%"
)
_NEVER_LAST = frozenset("「『（［｛〔〈《【([{¥$#")
_COUNTERS = frozenset("件分秒日回行円時月年度個台人本名倍")
"""Characters that stay with the figure before them, as do the units below, also after a space."""
_ZONE = re.compile(r"[A-Z]{2,5}[,.;:)]*")
_TIME = re.compile(r"\d:\d\d$")  # A zone's name stays with the time of day before it
_UNITS = frozenset(("B", "KiB", "MiB", "GiB", "TiB", "ms", "s", "%"))
_SHORTEST = 4
"""Minimum cells of the last line of a wrapped Japanese paragraph: one character by itself is easily missed."""


@lru_cache(2048)
def _wrap_line(text: str, width: int) -> tuple[str, ...]:
    """Cached, because a screen draws the same texts many times."""
    lines: list[list[str]] = [[]]
    room = width
    for unit in _units(text, width):
        size = cell_len(unit)
        if size > room and lines[-1]:
            if unit.isspace():
                # Stripped at the end of its line; the next unit begins a new one.
                lines[-1].append(unit)
                room = 0
                continue
            lines.append([])
            room = width
        lines[-1].append(unit)
        room -= size
    _lengthen_last(lines, width)
    return tuple("".join(line).rstrip() for line in lines)


def _lengthen_last(lines: list[list[str]], width: int) -> None:
    """Move one unit down if the last line would be a single character."""
    if len(lines) < 2 or not lines[-1] or len(lines[-2]) < 2:
        return
    last, moved = cell_len("".join(lines[-1])), lines[-2][-1]
    is_japanese = cell_len(moved[-1]) > 1
    if last < _SHORTEST and is_japanese and last + cell_len(moved) <= width:
        lines[-1].insert(0, lines[-2].pop())


def _units(text: str, width: int) -> Iterator[str]:
    """The pieces between which a line may break (禁則): closing characters and counters stay with the piece
    before. A unit wider than `width` is given as its pieces."""
    unit: list[str] = []
    for piece in _with_figures(_pieces(text, width)):
        if unit and not _is_joined(unit[-1], piece):
            yield from _broken(unit, width)
            unit = []
        unit.append(piece)
    yield from _broken(unit, width)


def _with_figures(pieces: list[str]) -> Iterator[str]:
    at = 0
    while at < len(pieces):
        piece, following = pieces[at], pieces[at + 1 : at + 3]
        if (
            len(following) == 2
            and piece[-1].isdecimal()
            and following[0] == " "
            and _is_of(piece, following[1])
        ):
            piece += "".join(following)
            at += 2
        yield piece
        at += 1


def _is_of(figure: str, piece: str) -> bool:
    if _TIME.search(figure) and _ZONE.fullmatch(piece):
        return True
    return piece[0] in _COUNTERS or piece.rstrip(",.;:)") in _UNITS


def _is_joined(before: str, piece: str) -> bool:
    if before.isspace() or piece.isspace():
        return False
    opens = before[-1] in _NEVER_LAST
    counts = before[-1].isdecimal() and piece[0] in _COUNTERS
    return opens or counts or piece[0] in _NEVER_FIRST


def _broken(unit: list[str], width: int) -> Iterator[str]:
    whole = "".join(unit)
    if cell_len(whole) <= width:
        yield from [whole] if whole else []
        return
    for piece in unit:
        yield from [piece] if cell_len(piece) <= width else _pieces(piece, width)


def _pieces(text: str, width: int) -> list[str]:
    pieces: list[str] = []
    for character in text:
        wide = cell_len(character) > 1
        joins = (
            pieces
            and not wide
            and pieces[-1][0].isspace() == character.isspace()
            and (cell_len(pieces[-1][-1]) <= 1)
            and len(pieces[-1]) < width
        )
        if joins or (pieces and cell_len(character) == 0):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces
