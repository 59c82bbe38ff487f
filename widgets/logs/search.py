"""Plain and regular-expression search over log text.

A search never hides lines; it finds them. Without upper-case letters it ignores (ASCII) case.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from services.i18n import _

_NESTED_REPEAT = re.compile(
    r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)\s*(?:[+*]|\{\d+,\d*\})"
)
_PAIR = re.compile(r"([\w.@-]+)=(\S.*)\Z", re.DOTALL)


class BadQuery(ValueError):
    """The regular expression cannot be used; the message says why, in the screen's language."""


@dataclass(frozen=True)
class Query:
    """What the reader searches for. Raises BadQuery for an unusable regular expression."""

    text: str
    regex: bool = False

    def __post_init__(self) -> None:
        if self.regex:
            if _NESTED_REPEAT.search(self.text):
                raise BadQuery(_("a repeat inside a repeat may never end"))
            try:
                re.compile(self.text)
            except (re.error, RecursionError, OverflowError) as error:
                raise BadQuery(str(error)) from error

    @property
    def folds(self) -> bool:
        """Upper and lower case are the same; false also where there is no case to ignore."""
        return self.text == self.text.lower() != self.text.upper()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Finds what to highlight in drawn text."""
        if self.regex:
            return re.compile(self.text, re.IGNORECASE if self.folds else 0)
        return re.compile(re.escape(self.text), re.IGNORECASE | re.ASCII if self.folds else 0)

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        """The spellings a log may use: as typed, and as JSON escapes it."""
        spellings = {self.text, json.dumps(self.text)[1:-1], json.dumps(self.text, ensure_ascii=False)[1:-1]}
        needles = {spelling.encode("utf-8", "replace") for spelling in spellings}
        return tuple(sorted(needle.lower() if self.folds else needle for needle in needles))

    @cached_property
    def _pair(self) -> re.Pattern[bytes] | None:
        """`key=value`, as the pane draws it, finds `"key": "value"`, as the log spells it."""
        parts = None if self.regex else _PAIR.match(self.text)
        if parts is None:
            return None
        key = re.escape(parts[1].rsplit(".", 1)[-1].encode("utf-8", "replace"))
        value = re.escape(parts[2].strip('"').encode("utf-8", "replace"))
        return re.compile(b'"' + key + b'"[ \t]*:[ \t]*"?' + value, re.IGNORECASE if self.folds else 0)

    def spans(self, shown: str) -> list[tuple[int, int]]:
        """Where `shown` is to be highlighted: ascending (start, end)."""
        return [found.span() for found in self._pattern.finditer(shown) if found.end() > found.start()]

    def lines_in(self, text: bytes | bytearray) -> list[int]:
        """Indexes of the matching lines of `text`, whose every line ends in a line feed."""
        if self.regex:
            lines = text.decode("utf-8", "replace").split("\n")[:-1]
            search = self._pattern.search
            return [index for index, line in enumerate(lines) if search(line)]
        if not self.text:
            return []
        folded = text.lower() if self.folds else text
        finds = [list(_lines_with(folded, needle)) for needle in self._needles]
        if self._pair is not None:
            finds.append(list(_lines_matching(text, self._pair)))
        return finds[0] if len(finds) == 1 else sorted(set().union(*finds))


def _lines_with(text: bytes | bytearray, needle: bytes) -> Iterator[int]:
    """Line numbers that hold `needle`; line feeds are counted only up to a hit, so misses are fast."""
    line = counted = 0
    place = text.find(needle)
    while place >= 0:
        line += text.count(b"\n", counted, place)
        yield line
        counted = text.find(b"\n", place)
        place = text.find(needle, counted)


def _lines_matching(text: bytes | bytearray, pattern: re.Pattern[bytes]) -> Iterator[int]:
    line = counted = 0
    found = pattern.search(text)
    while found is not None:
        line += text.count(b"\n", counted, found.start())
        yield line
        counted = text.find(b"\n", found.end() - 1)
        found = pattern.search(text, counted)
