"""Cuts text into what one or two cells hold, and knows which of it terminals draw differently wide.

Widths are Rich's, as everywhere in Textual's layout.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, split_graphemes

LONGEST = 16
"""Code points kept of one grapheme; more would be an attack on the terminal."""
_JOINERS = frozenset("\u200d\ufe0f")
_FLAG = re.compile("([\U0001f1e6-\U0001f1ff]{2})")
_NO_WIDTH = frozenset(["Mn", "Me", "Cf"])
"""Categories of which no terminal draws anything beside what it belongs to."""
_narrow: set[str] = {chr(code) for code in range(0x20, 0x7F)}
"""Characters met so far that are one cell wide and stand alone."""


def cells(text: str) -> list[str]:
    """What each cell of `text` holds: a grapheme, and "" in the second cell of a wide one.

    What has no width of its own goes with the cell before; at the beginning it is left out, see `leading_marks`.
    """
    if _narrow.issuperset(text):
        return list(text)
    found: list[str] = []
    for grapheme, width in _graphemes(text):
        if width == 0:
            _attach(found, grapheme)
        elif width == 1:
            found.append(grapheme)
            if len(grapheme) == 1:
                _narrow.add(grapheme)
        else:
            found += (grapheme, "")
    return found


def leading_marks(text: str) -> str:
    """What at the beginning of `text` has no cell of its own and belongs to the cell before."""
    end = 0
    while end < len(text) and get_character_cell_size(text[end]) == 0:
        end += 1
    return text[:end]


def _graphemes(text: str) -> Iterator[tuple[str, int]]:
    """(grapheme, cells) one after the other."""
    if _FLAG.search(text):
        # Two regional indicators are one flag in some terminals, so they are never written apart.
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


def _attach(found: list[str], mark: str) -> None:
    at = len(found) - 1
    while at >= 0 and not found[at]:
        at -= 1
    if at >= 0 and len(found[at]) + len(mark) <= LONGEST:
        found[at] += mark


def width(grapheme: str) -> int:
    """Cells that it takes: 0, 1 or 2."""
    return cell_len(grapheme)


@lru_cache(maxsize=8192)
def reach(grapheme: str) -> int:
    """Cells it takes in a terminal that draws it widest.

    Terminals differ in ambiguous width, emoji, joined and combined characters; where they agree, this is `width`.
    """
    if len(grapheme) > 1:
        return 1 + sum(reach(character) for character in grapheme)
    cells, code = width(grapheme), ord(grapheme) if grapheme else 0
    if code < 0x80 or 0x2500 <= code < 0x25A0 or 0x2800 <= code < 0x2900:
        return cells  # a terminal that draws lines, blocks and dots wide can show no such screen at all
    if not cells:
        return 0 if unicodedata.category(grapheme) in _NO_WIDTH else 2
    is_doubtful = code >= 0x1F000 or 0x2300 <= code < 0x2C00 or unicodedata.east_asian_width(grapheme) == "A"
    return 2 if is_doubtful else cells


@lru_cache(maxsize=8192)
def is_steady(grapheme: str) -> bool:
    """Whether every terminal moves its cursor by the same for it; where not, it has to be placed anew afterwards."""
    return len(grapheme) == 1 and not ord(grapheme) >= 0x1F000 and reach(grapheme) == width(grapheme)
