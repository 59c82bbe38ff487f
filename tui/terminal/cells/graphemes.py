"""Cuts text into graphemes of one or two cells, and tells which of them terminals draw with different widths.
Widths are Rich's, as everywhere in Textual's layout."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from rich.cells import cell_len, get_character_cell_size, split_graphemes

LONGEST = 16  # Code points of one grapheme that are drawn; more would be an attack on the terminal
_JOINERS = frozenset("\u200d\ufe0f")
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff]{2})")
_FLAG_PART = re.compile("[\U0001f1e6-\U0001f1ff]")
_NO_WIDTH = frozenset(["Mn", "Me", "Cf"])  # Categories that no terminal gives a cell of their own
_alone: dict[str, tuple[str, ...]] = {chr(code): (chr(code),) for code in range(0x20, 0x7F)}
"""The cells of the characters that occurred and combine with nothing: most text consists of these."""


def cells(text: str) -> list[str]:
    """The content of each cell of `text`: a grapheme, and "" in the second cell of a wide one. Characters
    without a width join the cell before; those at the beginning are omitted, see `leading_marks`."""
    if text.isascii() and text.isprintable():
        return list(text)
    try:
        return [*chain.from_iterable(map(_alone.__getitem__, text))]
    except KeyError:
        return _with_new(text)


def _with_new(text: str) -> list[str]:
    row: list[str] = []
    for grapheme, width in _graphemes(text):
        if width == 0:
            _attach(row, grapheme)
        else:
            contents = (grapheme,) if width == 1 else (grapheme, "")
            row += contents
            if len(grapheme) == 1 and not _FLAG_PART.match(grapheme):
                _alone[grapheme] = contents
    return row


def leading_marks(text: str) -> str:
    end = 0
    while end < len(text) and get_character_cell_size(text[end]) == 0:
        end += 1
    return text[:end]


def _graphemes(text: str) -> Iterator[tuple[str, int]]:
    """(grapheme, cells) one after the other."""
    if _FLAG.search(text):
        # Some terminals draw two regional indicators as one flag, so they are never separated.
        for part in _FLAG.split(text):
            yield from [(part, 2)] if _FLAG.fullmatch(part) else _without_flags(part)
    else:
        yield from _without_flags(text)


def _without_flags(text: str) -> Iterator[tuple[str, int]]:
    if _JOINERS.isdisjoint(text):
        for character in text:
            yield character, get_character_cell_size(character)
    else:
        for start, end, width in split_graphemes(text)[0]:
            yield text[start:end], width


def _attach(row: list[str], mark: str) -> None:
    at = len(row) - 1
    while at >= 0 and not row[at]:
        at -= 1
    if at >= 0 and len(row[at]) + len(mark) <= LONGEST:
        row[at] += mark


def width(grapheme: str) -> int:
    return cell_len(grapheme)


@lru_cache(maxsize=8192)
def reach(grapheme: str) -> int:
    """The width in cells in the terminal that draws it widest. Terminals differ in ambiguous width, emoji,
    joined and combined characters; where they agree, this is `width`."""
    if len(grapheme) > 1:
        return 1 + sum(reach(character) for character in grapheme)
    cells, code = width(grapheme), ord(grapheme) if grapheme else 0
    if code < 0x80 or 0x2500 <= code < 0x25A0 or 0x2800 <= code < 0x2900:
        return cells  # a terminal that draws lines, blocks and dots wide cannot show such a screen at all
    if not cells:
        return 0 if unicodedata.category(grapheme) in _NO_WIDTH else 2
    is_doubtful = code >= 0x1F000 or 0x2300 <= code < 0x2C00 or unicodedata.east_asian_width(grapheme) == "A"
    return 2 if is_doubtful else cells


@lru_cache(maxsize=8192)
def is_steady(grapheme: str) -> bool:
    return len(grapheme) == 1 and not ord(grapheme) >= 0x1F000 and reach(grapheme) == width(grapheme)
