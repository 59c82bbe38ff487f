"""A text as it was before it was put into another: without one layer of JSON's, a URL's or XML's escapes.

Each character of a view knows where it came from, so that what is found in it can be masked in the text itself.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

DEEPEST = 8
"""Layers of escapes that are looked under."""
_ESCAPES = re.compile(
    r"""(?x) [\\%&]  # what is looked for first
      (?: (?<=\\) (?: \\(?:\\\\)* | u[0-9a-fA-F]{4} | ["/nrtbf'] )
        | (?<=%) [0-9A-Fa-f]{2} (?:%[0-9A-Fa-f]{2})*
        | (?<=&) (?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|quot|amp|lt|gt|apos|nbsp); )"""
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}
_WIDE = re.compile("[\uff01-\uff5e\u3000\u240a\u00a0]")
_NARROW = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    "\u3000": " ",
    "\u240a": "\n",
    "\u00a0": " ",
}
"""Full-width characters as ASCII, and the picture of a line feed as one: each one character of one."""


class View(NamedTuple):
    """A text and where each of its characters, and its end, stood in the original; None: at the same place."""

    text: str
    places: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a place in this text."""
        return (start, end) if self.places is None else (self.places[start], self.places[end])


def views(text: str) -> Iterator[View]:
    """The text, and what stands under each layer of its escapes."""
    view = View(_folded(text))
    yield view
    for _layer in range(DEEPEST):
        deeper = _decoded(view)
        if deeper is None:
            return
        view = deeper
        yield view


def _decoded(view: View) -> View | None:
    """Without one layer of escapes; None if there is none."""
    text, before = view
    pieces: list[str] = []
    places: list[int] = []
    end = 0
    for match in _ESCAPES.finditer(text):
        start = match.start()
        characters, offsets = _meaning(match[0])
        pieces += text[end:start], characters
        places += range(end, start)
        places += [start + offset for offset in offsets] if len(offsets) > 1 else (start,)
        end = match.end()
    if end == 0:
        return None
    pieces.append(text[end:])
    places += range(end, len(text) + 1)
    return View(_folded("".join(pieces)), places if before is None else [*map(before.__getitem__, places)])


def _folded(text: str) -> str:
    return text if text.isascii() else _WIDE.sub(lambda match: _NARROW[match[0]], text)


@lru_cache(maxsize=1024)
def _meaning(escape: str) -> tuple[str, tuple[int, ...]]:
    """What an escape stands for, and where each of these characters begins in it; a run of `%` for UTF-8."""
    match escape[0], escape[1]:
        case "\\", "\\":
            return escape[::2], tuple(range(0, len(escape), 2))
        case "\\", "u":
            return chr(int(escape[2:], 16)), (0,)
        case "\\", letter:
            return _LETTERS.get(letter, letter), (0,)
        case "&", _any:
            return unescape(escape) or " ", (0,)
    characters, offsets = bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace"), [0]
    for character in characters[:-1]:
        offsets.append(offsets[-1] + 3 * (len(character.encode()) if character != "\ufffd" else 1))
    return characters, tuple(min(offset, len(escape) - 1) for offset in offsets)
