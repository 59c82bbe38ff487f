"""The styled parts of a line: cut, wrapped, highlighted."""

from collections.abc import Sequence

from rich.cells import chop_cells

from widgets.logs.form.line_form import Span
from widgets.logs.text.search import Query

_HIGHLIGHT_LIMIT = 200
"""Matches highlighted in one line."""
_BREAK_REACH = 24
"""Characters searched backwards for a space when a line is wrapped."""
_FEED = "\u240a"
"""Stands for a line feed in a cleaned line."""
_FEED_LIMIT = 200
"""Rows that begin after a line feed of one wrapped line at most."""


def sliced(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """The characters from `start` to before `end`."""
    parts: list[Span] = []
    place = 0
    for text, name in spans:
        if place >= end:
            break
        part = text[max(0, start - place) : end - place]
        if part:
            parts.append((part, name))
        place += len(text)
    return parts


def wrapped(spans: list[Span], width: int) -> list[list[Span]]:
    """`spans` in rows of at most `width` cells, broken at a space if one is near; at least one row."""
    plain = "".join([text for text, _name in spans])
    rows: list[list[Span]] = []
    start = feeds = 0
    while start < len(plain):
        end = start + max(1, len(chop_cells(plain[start : start + 2 * width + 16], width)[0]))
        feed = plain.find(_FEED, start, end - 1) if feeds < _FEED_LIMIT else -1
        if feed >= 0:
            feeds, end = feeds + 1, feed + 1
        elif end < len(plain):
            space = plain.rfind(" ", end - min(_BREAK_REACH, width // 3), end)
            end = space + 1 if space > start else end
        rows.append(sliced(spans, start, end))
        start = end
    return rows or [[]]


def has_match(spans: Sequence[Span], query: Query) -> bool:
    """Whether the text of `spans` matches."""
    return bool(query.spans("".join([text for text, _name in spans])))


def highlighted(spans: list[Span], query: Query, name: str) -> list[Span]:
    """`spans` with the matches of `query` in the style `name`."""
    plain = "".join([text for text, _name in spans])
    parts: list[Span] = []
    place = 0
    for start, end in query.spans(plain)[:_HIGHLIGHT_LIMIT]:
        parts += sliced(spans, place, start)
        parts.append((plain[start:end], name))
        place = end
    return [*parts, *sliced(spans, place, len(plain))]
