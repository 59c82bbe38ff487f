"""Finds secrets: beside the names that tell of them, and by their own form. Only the value is masked, so that
a reader still sees what stood there. A text is looked at as it is and under each layer of its escapes: what a
JSON string, a URL or XML holds is text again."""

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from services.logs.masking import shapes, structures
from services.logs.masking.kinds import MaskSpan, words
from services.logs.masking.names import (
    HINTS,
    IDENTIFIER,
    JAPANESE,
    JAPANESE_HINTS,
    PAIRED,
    Telling,
    telling,
    telling_japanese,
)
from services.logs.masking.values import SAYING, Place, before, beside, trimmed, value

# A text as it was before it was put into another: without one layer of JSON's, a URL's or XML's escapes.
#
# Each character of a view knows where it came from, so that what is found in it can be masked in the text itself.


DEEPEST = 8  # Layers of escapes that are looked under
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


class MaskView(NamedTuple):
    """A text and where each of its characters, and its end, stood in the original; None: at the same place."""

    text: str
    places: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        return (start, end) if self.places is None else (self.places[start], self.places[end])


def views(text: str) -> Iterator[MaskView]:
    view = MaskView(_folded(text))
    yield view
    for _layer in range(DEEPEST):
        deeper = _decoded(view)
        if deeper is None:
            return
        view = deeper
        yield view


def _decoded(view: MaskView) -> MaskView | None:
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
    return MaskView(
        _folded("".join(pieces)), places if before is None else [*map(before.__getitem__, places)]
    )


def _folded(text: str) -> str:
    return text if text.isascii() else _WIDE.sub(lambda match: _NARROW[match[0]], text)


@lru_cache(maxsize=1024)
def _meaning(escape: str) -> tuple[str, tuple[int, ...]]:
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


_TAG = re.compile(r"<(?:[\w.-]{1,30}:)?\Z")
_ELEMENT = re.compile(r"[^<>]{0,200}>(?:\s{0,40}<!\[CDATA\[)?(?P<value>[^<]{1,4000})")
_PAIR = re.compile(
    r"""(?ix) ["'`]? (?:[ ,\n]{1,8}["'-]{0,2}type["']?[ ]?[:= ][ ]?["']?\w{1,20}["']?)? (?: [ ]{0,4}(?:\n|,|;|&|\|)?[ \n]{0,40}(?:-[ ]|--)? ["'`]?\b(?:[a-z]{0,20}[._-]?value|val|default|content|to|new|v)["'`]? (?:[ ]{0,4}(?:=>|[:=])[ ]{0,4}|(?<=--value)[ ]{1,4})
      | </[\w:.-]{1,60}>\s{0,40}(?:<[\w:.-]{1,60}[^<>]{0,100}>){1,2}(?:<!\[CDATA\[)?
      | [^<>="']{0,40}(?:[ ][\w:.-]{1,40}=["'][^"'<>]{0,100}["']){0,6}[ ]/?> (?=[^<\n]) | > (?=[^<\n]) | (?:\r?\n[ \t]{0,40}){2} | \n[^\n]{0,120}?\b(?:input_)?value=) """
)
"""From a name that is itself a value to the value that belongs to it."""
_REST = re.compile(r"[^<\n]{1,4000}")
_SAID = re.compile(r"""(?:[=:>]>?[ ]{0,4}|(?<=--name)[ ]{1,4})["'`]?[\w.$/-]{0,60}+\Z""")
_SAYING = tuple(
    words("name key field param params parameter attribute property id column label variable setting header")
)
"""What a name is, if it is what another key says."""
_GLUED = re.compile(r"[^-]-p(?:p|(?![a-z]{0,60}(?![A-Za-z0-9_.$-])))")
"""`-ppassword1` of a command of MySQL: what follows is no value."""
_ARN = re.compile(r"(?:arn|\{\{resolve):[\w:./-]{0,110}:\Z|::\Z")
"""A place in AWS, a type of CloudFormation or of a program."""


def find(text: str) -> Iterator[MaskSpan]:
    layers = [*views(text)]
    # What is hinted at in a layer between is so in the first or the last.
    possible = shapes.possible(layers[0].text + (f"\n{layers[-1].text}" if layers[1:] else ""))
    for view in layers:
        inner = view.text
        for span in shapes.find(inner, possible):
            yield MaskSpan(*view.span(span.start, span.end), span.kind)
        lower = inner.lower()
        if not any(map(lower.__contains__, HINTS)) or not (names := [*_names(inner)]):
            continue
        readers = structures.find(inner), structures.in_tables(inner), structures.inserted(inner)
        for places in (_named(inner, names), *readers):
            for place, by_name in places:
                yield MaskSpan(*view.span(*place), by_name.kind)


def _names(text: str) -> Iterator[tuple[Place, Telling, bool]]:
    before = ""
    end = 0
    for match in IDENTIFIER.finditer(text):
        name, start = match[0], match.start()
        tells = telling(name)
        if tells is None and start - end == 1 and text[end] == " " and name.lower() in PAIRED:
            tells = telling(f"{before[-40:]} {name}")
        before, end = name, match.end()
        if tells is None:
            continue
        sign = text[start - 1 : start]
        if (sign == ":" and _ARN.search(text, max(0, start - 120), start)) or (
            sign == "-" and _GLUED.match(text, max(0, start - 2))
        ):
            continue
        yield match.span(), tells, False
    if any(map(text.__contains__, JAPANESE_HINTS)):
        for match in JAPANESE.finditer(text):
            yield match.span(), telling_japanese(match), True


def _named(text: str, names: list[tuple[Place, Telling, bool]]) -> Iterator[structures.Secret]:
    done, is_said = [0, 0], any(map(text.__contains__, SAYING))
    for (start, end), tells, is_japanese in names:
        if start < done[is_japanese]:
            continue
        places: list[Place | None] = []
        if text[start - 1 : start] in ("<", ":") and _TAG.search(text, max(0, start - 33), start):
            element = _ELEMENT.match(text, end)
            places = [trimmed(text, *element.span("value"), tells)] if element is not None else []
        places = places or [*beside(text, start, end, tells, is_japanese=is_japanese)]
        if not places:
            paired = None if is_japanese else _paired(text, start, end, tells)
            places = [before(text, start, is_said=is_said) or paired]
        for place in filter(None, places):
            yield place, tells
            done[is_japanese] = max(done[is_japanese], place[1])


def _paired(text: str, start: int, end: int, tells: Telling) -> Place | None:
    """The value of a name that is itself a value: `name="password" value="…"`."""
    pair = _PAIR.match(text, end)
    if pair is None or not ("input_value" in pair[0] or _is_said(text, start)):
        return None
    if not pair[0].rstrip(" \t").endswith((">", "\n")):
        return value(text, pair.end(), tells)
    rest = _REST.match(text, pair.end())
    return trimmed(text, *rest.span(), tells) if rest is not None else None


def _is_said(text: str, start: int) -> bool:
    sign = _SAID.search(text, max(0, start - 70), start)
    if sign is None or sign[0][0] == ">":
        return sign is not None
    return text[max(0, sign.start() - 20) : sign.start()].rstrip(" \"'`").lower().endswith(_SAYING)
