"""A text as it was before it was put into another: without one layer of JSON's, a URL's or XML's escapes.

Each character of a view knows where it came from, so that what is found in it can be masked in the text itself.
"""

import re
from collections.abc import Iterator
from html.entities import html5
from typing import NamedTuple

DEEPEST = 8
"""Layers of escapes that are looked under."""
_ESCAPES = re.compile(
    r"""\\u([0-9a-fA-F]{4})|\\(["\\/nrtbf'])|((?:%[0-9A-Fa-f]{2})+)|&(\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|quot|amp|lt|gt|apos|nbsp);"""
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}
_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x240A: "\n", 0x00A0: " "}
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
    view = View(text if text.isascii() else text.translate(_FOLDED))
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
        pieces.append(text[end : match.start()])
        places.extend(range(end, match.start()))
        for character, place in _characters(match):
            pieces.append(character)
            places.append(place)
        end = match.end()
    if end == 0:
        return None
    pieces.append(text[end:])
    places.extend(range(end, len(text) + 1))
    if before is not None:
        places = [before[place] for place in places]
    inner = "".join(pieces)
    return View(inner if inner.isascii() else inner.translate(_FOLDED), places)


def _characters(match: re.Match[str]) -> Iterator[tuple[str, int]]:
    """What one escape stands for, each character with its place; a run of `%` for UTF-8."""
    code, letter, octets, entity = match.groups()
    if octets:
        place = match.start()
        for character in bytes.fromhex(octets.replace("%", "")).decode("utf-8", "replace"):
            yield character, min(place, match.end() - 1)
            place += 3 * len(character.encode()) if character != "\ufffd" else 3
    elif code:
        yield chr(int(code, 16)), match.start()
    elif letter:
        yield _LETTERS.get(letter, letter), match.start()
    elif entity.startswith("#"):
        number = int(entity[2:], 16) if entity[1] in "xX" else int(entity[1:])
        yield chr(number) if 0 < number < 0x110000 else " ", match.start()
    else:
        yield html5[entity + ";"], match.start()
