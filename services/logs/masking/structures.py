"""Secrets whose name stands in another place: objects of JSON that say `name` and `value`, lists, elements of XML, `INSERT`.

One pass over the punctuation of a text, as tolerant as a cut or quoted text needs; what is no JSON has no strings that count.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from services.logs.masking.kinds import words
from services.logs.masking.names import IDENTIFIER, JAPANESE, Telling, telling, telling_japanese
from services.logs.masking.values import STOP, Value, is_secret, looks_secret

_TOKEN = re.compile(
    r"""(?P<open>[{\[(])|(?P<close>[}\])])|(?<![\\\w])(?:"(?P<double>(?:\\.|[^"\\\n])*+)"|'(?P<single>(?:\\.|[^'\\\n])*+)')(?=[ \n\t]{0,40}(?P<colon>=>|:)?[ \n\t]{0,40}(?:[,}\])]|\Z|(?<=:)|(?<=>)|(?<=[ \n])))"""
    r"""|(?P<bare>(?<=[:\[, ])(?:-?\d{1,40}(?:\.\d{1,20})?|null|true|false)(?=\s{0,8}[,}\]]))|(?P<comma>,)""",
)
_NAMES = frozenset(
    words(
        "name key field attribute attr param parameter parameterkey parametername column header label property option variable id k n fieldname columnname attributename headername setting itemname path property"
    )
)
_VALUES = frozenset(words("value values val v content text data old new before after from to oldvalue newvalue parametervalue stringvalue default defaultvalue plain plaintext current previous s n b ss ns string secretstring _text _ #text $ $t body raw cdata textvalue input originalvalue updatedvalue"))  # fmt: skip
_HEADS = frozenset(words("columns fields headers header cols names columnnames fieldnames"))
"""The key of the names of a table's columns, whose rows are lists."""
_DEEPEST_VALUE = 4
"""Objects within which a value of `value` may stand."""
_QUOTED_CELL = re.compile(r'[ ]{0,40}"((?:""|[^"])*+)"')
_COLUMN = re.compile(r"[\w .-]{1,40}\Z")
_LAST_NAME = re.compile(r"(?<![\w.-])\w[\w.-]{0,40}\"?\Z")
_NO_ROW = re.compile(r"""\s{0,40}["'`]?\s{0,4}[,}\])]|[-+| :=]{3,400}\Z""")
_RULE = re.compile(r"[-+| :=]{3,400}\Z")
_DEEPEST_STRING = 3
"""Strings within strings that need no escapes."""
_BRACKETS = frozenset("{[(")
_LONGEST_NAME = 100


class _Leaf(NamedTuple):
    """A string or a number that is no key."""

    key: str
    start: int
    end: int
    is_number: bool
    depth: int = 0
    """In how many objects within a `value` it stands."""


@dataclass(slots=True)
class _Frame:
    """An object or a list that is open."""

    is_object: bool
    is_tuple: bool = False
    key: str = ""
    """Under which key it, or the list that it stands in, is in its object."""
    pending: str = ""
    """The key whose value comes next."""
    leaves: list[_Leaf] = field(default_factory=list)


Secret = tuple[Value, Telling]


def find(text: str, depth: int = 0) -> Iterator[Secret]:
    """The secrets in the objects and lists of a text, and of those within its strings."""
    frames = [_Frame(True)]
    columns: list[Telling | None] = []
    for token in _TOKEN.finditer(text):
        group, frame = token.lastgroup, frames[-1]
        if group == "open":
            frames.append(
                _Frame(token[0] == "{", token[0] == "(", frame.pending if frame.is_object else frame.key)
            )
        elif group == "close" and len(frames) > 1:
            yield from _judged(frames.pop(), text)
            if frame.key.lower() in _HEADS and not frame.is_object:
                columns = [named(text[leaf.start : leaf.end]) for leaf in frame.leaves]
            elif not frame.is_object and len(frame.leaves) == len(columns):
                for leaf, by_name in zip(frame.leaves, columns, strict=True):
                    if by_name is not None:
                        yield from _secret(leaf, by_name, text)
            if frame.key.lower() in _VALUES:
                lifted = (leaf for leaf in frame.leaves if leaf.depth < _DEEPEST_VALUE)
                frames[-1].leaves += [leaf._replace(key=frame.key, depth=leaf.depth + 1) for leaf in lifted]
        elif group == "bare":
            frame.leaves.append(_Leaf(frame.pending, *token.span(), True))
        elif group != "comma":
            start, end = token.span("double" if token["double"] is not None else "single")
            if token["colon"] and frame.is_object:
                frame.pending = text[start:end]
                continue
            frame.leaves.append(_Leaf(frame.pending, start, end, False))
            inner = text[start:end]
            if depth < _DEEPEST_STRING and ("'" in inner or '"' in inner) and not _BRACKETS.isdisjoint(inner):
                for value, by_name in find(inner, depth + 1):
                    yield value._replace(start=start + value.start, end=start + value.end), by_name
        frame.pending = ""
    for frame in reversed(frames):
        yield from _judged(frame, text)


def named(text: str) -> Telling | None:
    """What a whole text that names something tells, in either language."""
    name = text.strip().lstrip("-/").strip()
    if len(name) <= _LONGEST_NAME and (match := IDENTIFIER.match(name.replace(" ", "_"))) is not None:
        return telling(name) if match.end() == len(name) else None
    match = JAPANESE.search(name) if len(name) <= _LONGEST_NAME else None
    return telling_japanese(match) if match is not None and match.end() == len(name) else None


def in_tables(text: str) -> Iterator[Secret]:
    """The cells below the telling names of a table: CSV, tabs or bars."""
    if "\n" not in text:
        return
    header: list[Telling | None] = []
    sign, start = "", 0
    for line in text.split("\n"):
        if header and sign in line and not _NO_ROW.match(line):
            # A row begins its line; what a table stands in may follow its last one.
            cells = [*_cells(line, sign, start)]
            for by_name, (first, last) in zip(
                header, cells if len(cells) >= len(header) else [], strict=False
            ):
                if by_name is not None and is_secret(text[first:last], by_name):
                    yield Value(first, last), by_name
        elif not header or not _RULE.match(line):
            header, sign = _header(line)
        start += len(line) + 1


def _header(line: str) -> tuple[list[Telling | None], str]:
    """What the columns of a table's head tell, and the sign between them; nothing if it is none.

    What a table stands in may precede its head: the columns are counted from the end of the line.
    """
    for sign in (",", "\t", "|", ";"):
        if sign not in line:
            continue
        names = [line[slice(*span)] for span in _cells(line, sign, 0)]
        columns: list[Telling | None] = []
        while names and _COLUMN.match(names[-1]):
            columns.append(named(names.pop()))
        first = _LAST_NAME.search(names[-1]) if names else None
        if first is not None:
            columns.append(named(first[0].strip('"')))
        elif names and sign != "|":
            columns.append(None)
        if len(columns) > 1 and any(columns):
            return columns[::-1], sign
    return [], ""


def _cells(line: str, sign: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the cells of a line stand, without quotes and spaces; `start`: where the line does."""
    if sign == "|":
        line = line.rstrip().rstrip("|")
        shift = len(line) - len(line.lstrip("| "))
        line, start = line[shift:], start + shift
    at = 0
    while at <= len(line):
        cell = _QUOTED_CELL.match(line, at)
        if cell is None or (
            not line.startswith(sign, cell.end())
            and cell.end() < len(line)
            and not line[cell.end() :].isspace()
        ):
            end = line.find(sign, at)
            end = end if end >= 0 else len(line)
            part = line[at:end]
            yield start + at + len(part) - len(part.lstrip(" ")), start + at + len(part.rstrip(" \r"))
        else:
            end = cell.end()
            yield start + cell.start(1), start + cell.end(1)
        at = end + len(sign)


def _judged(frame: _Frame, text: str) -> Iterator[Secret]:
    """The secrets of an object or a list that has ended."""
    if frame.key and (by_key := named(frame.key)) is not None:
        for leaf in frame.leaves:
            if not frame.is_object or leaf.key.lower() in _VALUES:
                yield from _secret(leaf, by_key, text)
    if not frame.is_object:
        yield from _in_list(frame.leaves, text, is_tuple=frame.is_tuple)
        return
    by_name = next((tells for leaf in frame.leaves if leaf.key.lower() in _NAMES and not leaf.depth
                    and (tells := named(text[leaf.start : leaf.end])) is not None), None)  # fmt: skip
    if by_name is not None:
        for leaf in frame.leaves:
            if (key := leaf.key.lower()) not in _NAMES and (key in _VALUES or key.endswith(("value", "val"))):
                yield from _secret(leaf, by_name, text)


def _in_list(leaves: list[_Leaf], text: str, *, is_tuple: bool) -> Iterator[Secret]:
    """`["--password", "x"]` of a command, and `["Authorization", "x"]` of a header."""
    for name, value in pairwise(leaves):
        word = text[name.start : name.end]
        if (
            (word.startswith("-") or len(leaves) == 2)
            and not name.is_number
            and (by_name := named(word)) is not None
        ):
            part = text[value.start : value.end]
            if (
                word.startswith("-")
                or (is_tuple and part.lower() not in STOP and named(part) is None)
                or any(map(looks_secret, part.split()))
                or (word.isascii() and not part.isascii())
            ):
                yield from _secret(value, by_name, text)


def _secret(leaf: _Leaf, by_name: Telling, text: str) -> Iterator[Secret]:
    if is_secret(text[leaf.start : leaf.end], by_name):
        yield Value(leaf.start, leaf.end, leaf.is_number), by_name
