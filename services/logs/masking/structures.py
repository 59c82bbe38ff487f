"""Secrets whose name stands in another place: objects of JSON that say `name` and `value`, lists, tables,
`INSERT`. One pass over the punctuation, as tolerant as a cut or quoted text needs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from services.logs.masking.kinds import words
from services.logs.masking.names import LONGEST, Telling, named
from services.logs.masking.values import STOP, Place, is_secret, looks_secret

_TOKEN = re.compile(
    r"""(?x) ["'{\[(}\]),\dntf-]  # what is looked for first
      (?: (?<=[{\[(])(?P<open>) | (?<=[}\])])(?P<close>) | (?<=,)(?P<comma>)
        | (?<![\\\w].) (?: (?<=")(?P<double>(?:\\.|[^"\\\n])*+)" | (?<=')(?P<single>(?:\\.|[^'\\\n])*+)' )
          (?=[ \n\t]{0,40}(?P<colon>=>|:)?[ \n\t]{0,40}(?:[,}\])]|\Z|(?<=:)|(?<=>)|(?<=[ \n])))
        | (?<=[:\[, ].) (?P<bare> (?<=[\d-])\d{0,40}(?:\.\d{1,20})?(?<!-) | (?<=n)ull | (?<=t)rue | (?<=f)alse ) (?=\s{0,8}[,}\]]) )"""
)
_NAMES = frozenset(
    words(
        "name key field attribute attr param parameter parameterkey parametername column header label property option variable id k n fieldname columnname attributename headername setting itemname path property"
    )
)
_VALUES = frozenset(words("value values val v content text data old new before after from to oldvalue newvalue parametervalue stringvalue default defaultvalue plain plaintext current previous s n b ss ns string secretstring _text _ #text $ $t body raw cdata textvalue input originalvalue updatedvalue"))  # fmt: skip
_HEADS = frozenset(words("columns fields headers header cols names columnnames fieldnames"))
"""The key of the names of a table's columns, whose rows are lists."""
_DEEPEST_VALUE = 4  # Objects within which a value of `value` may stand
_DEEPEST_STRING = 3  # Strings within strings that need no escapes
_CELLS = {
    sign: re.compile(rf'[ ]*(?:"((?:""|[^"])*+)"|([^{sign}]*?))[ \r]*(?:{re.escape(sign)}|\Z)')
    for sign in (",", "\t", "|", ";")
}
_COLUMN = re.compile(r"[\w .-]{1,40}\Z")
_LAST_NAME = re.compile(r"(?<![\w.-])\w[\w.-]{0,40}\Z")
_NO_ROW = re.compile(r"""\s{0,40}["'`]?\s{0,4}[,}\])]""")
_RULE = re.compile(r"[-+| :=]{3,400}\Z")
_INSERT = re.compile(
    r"(?i)\b(?:insert|replace|merge)\b[^(;]{1,200}\((?P<columns>[^()]{1,4000})\)\s*(?:output[^()]{0,100})?values\s*"
)
_CELL = re.compile(
    r"\s*[(,]\s*(?:[EeNnBbXxUu&]{1,2}(?='))?(?P<call>\w{1,30}\()?(?:'((?:''|\\.|[^'\\])*+)'|\"([^\"]*)\"|(?![$:?%]|(?i:null)\b)([^\s,()']+))?[^,()']*(?(call)\))\s*(?=[,)])(?P<end>\)\s*,\s*(?=\()|\))?"
)

Secret = tuple[Place, Telling]


class _Leaf(NamedTuple):
    key: str
    place: Place
    text: str
    depth: int = 0  # In how many objects within a `value` it stands


@dataclass(slots=True)
class _Frame:
    opener: str
    key: str = ""  # Under which key it, or the list that it stands in, is in its object
    pending: str = ""  # The key whose value comes next
    leaves: list[_Leaf] = field(default_factory=list)


def find(text: str, depth: int = 0, shift: int = 0) -> Iterator[Secret]:
    """The secrets in the objects and lists of a text, and of those within its strings; `shift`: where the text stands."""
    frames = [_Frame("{")]
    columns: list[Telling | None] = []
    for token in _TOKEN.finditer(text):
        group, frame = token.lastgroup, frames[-1]
        if group == "open":
            frames.append(_Frame(token[0], frame.pending if frame.opener == "{" else frame.key))
        elif group == "close" and len(frames) > 1:
            yield from _judged(frames.pop())
            if frame.opener != "{" and frame.key.lower() in _HEADS:
                columns = [named(leaf.text) for leaf in frame.leaves]
            elif frame.opener != "{" and len(frame.leaves) == len(columns):
                yield from _secrets(zip(frame.leaves, columns, strict=True))
            if frame.key.lower() in _VALUES:
                frames[-1].leaves += [leaf._replace(key=frame.key, depth=leaf.depth + 1)
                                      for leaf in frame.leaves if leaf.depth < _DEEPEST_VALUE]  # fmt: skip
        elif group not in ("comma", "close"):
            start, end = token.span(
                0 if group == "bare" else "single" if token["double"] is None else "double"
            )
            inner = text[start:end]
            if token["colon"] and frame.opener == "{":
                frame.pending = inner if len(inner) <= LONGEST else ""
                continue
            frame.leaves.append(_Leaf(frame.pending, (shift + start, shift + end), inner))
            if depth < _DEEPEST_STRING and re.search(r"[{\[(]", inner) and re.search("[\"']", inner):
                yield from find(inner, depth + 1, shift + start)
        frame.pending = ""
    for frame in reversed(frames):
        yield from _judged(frame)


def _judged(frame: _Frame) -> Iterator[Secret]:
    leaves, is_object = frame.leaves, frame.opener == "{"
    if not leaves:
        return
    if frame.key and (by_key := named(frame.key)) is not None:
        yield from _secrets((leaf, by_key) for leaf in leaves if not is_object or leaf.key.lower() in _VALUES)
    if is_object:
        names = (named(leaf.text) for leaf in leaves if leaf.key.lower() in _NAMES and not leaf.depth)
        if (by_name := next(filter(None, names), None)) is not None:
            yield from _secrets((leaf, by_name) for leaf in leaves if leaf.key.lower() not in _NAMES
                                and (leaf.key.lower() in _VALUES or leaf.key.lower().endswith(("value", "val"))))  # fmt: skip
        return
    # `["--password", "x"]` of a command, and `["Authorization", "x"]` of a header.
    for name, value in pairwise(leaves):
        is_flag, part = name.text.startswith("-"), value.text
        if (is_flag or len(leaves) == 2) and (by_name := named(name.text)) is not None:
            is_word = part.lower() in STOP or named(part) is not None
            if (
                is_flag
                or (frame.opener == "(" and not is_word)
                or not part.isascii()
                or any(map(looks_secret, part.split()))
            ):
                yield from _secrets([(value, by_name)])


def _secrets(pairs: Iterable[tuple[_Leaf, Telling | None]]) -> Iterator[Secret]:
    for leaf, by_name in pairs:
        if by_name is not None and is_secret(leaf.text, by_name):
            yield leaf.place, by_name


def in_tables(text: str) -> Iterator[Secret]:
    header: list[Telling | None] = []
    sign, start = "", 0
    for line in text.split("\n") if "\n" in text else ():
        if header and sign in line and not _NO_ROW.match(line) and not _RULE.match(line):
            # A row begins its line; what a table stands in may follow its last one.
            cells = _cells(line, sign)
            for by_name, (first, last) in (
                zip(header, cells, strict=False) if len(cells) >= len(header) else ()
            ):
                if by_name is not None and is_secret(line[first:last], by_name):
                    yield (start + first, start + last), by_name
        elif not header or not _RULE.match(line):
            header, sign = _header(line)
        start += len(line) + 1


def _header(line: str) -> tuple[list[Telling | None], str]:
    """What the columns of a table's head tell, and the sign between them; nothing if it is none. What a table
    stands in may precede its head: the columns are counted from the end of the line."""
    for sign in _CELLS:
        last = line.rstrip("| \r").rpartition(sign)[2]
        names = [line[slice(*span)] for span in _cells(line, sign)] if _COLUMN.match(last.strip(' "')) else []
        columns: list[Telling | None] = []
        while names and _COLUMN.match(names[-1]):
            columns.append(named(names.pop()))
        first = _LAST_NAME.search(names[-1]) if names else None
        # What precedes a bar is no column if a bar is at the end, too.
        if names and (first is not None if sign == "|" and not line.rstrip().endswith("|") else sign != "|"):
            columns.append(named(first[0]) if first is not None else None)
        if len(columns) > 1 and any(columns):
            return columns[::-1], sign
    return [], ""


def _cells(line: str, sign: str) -> list[Place]:
    end, at = len(line), 0
    if sign == "|":
        end = len(line.rstrip("| \r"))
        at = len(line) - len(line.lstrip("| "))
    cells = []
    while at <= end and (cell := _CELLS[sign].match(line, at, end)) is not None:
        cells.append(cell.span(cell.lastindex or 0))
        at = cell.end() + (cell.end() == end and not cell[0].endswith(sign))
    return cells


def inserted(text: str) -> Iterator[Secret]:
    for match in _INSERT.finditer(text) if "values" in text.lower() else ():
        columns = [named(column.strip(' "`[]\n\t')) for column in match["columns"].split(",")]
        at, place = match.end(), 0
        while any(columns) and (cell := _CELL.match(text, at)) is not None:
            group = next((group for group in (2, 3, 4) if cell[group]), 0)
            if group and place < len(columns) and (tells := columns[place]) is not None:
                yield cell.span(group), tells
            at, place = cell.end(), 0 if cell["end"] else place + 1
            if cell["end"] == ")":
                break
