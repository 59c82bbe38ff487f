"""A search marks lines and never hides any. A query without upper-case letters ignores (ASCII) case."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from services.i18n import _

# Regular expressions that cannot hold up the screen: each block of lines has a budget of time.
#
# The engine of `re` cannot be interrupted; that of `regex` takes a time limit for each call.


BLOCK_SECONDS = 0.08  # Processor time for the lines of one block; a pattern that needs more is given up
DRAWN_SECONDS = 0.01  # Seconds for the matches in one drawn line
_CHECKED = 64  # Lines between two looks at the processor's clock, which is slow to read
_LONG = 0.004  # Seconds after which it is looked at all the same


class SlowQuery(Exception):
    """The regular expression `text` took longer than its budget."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@lru_cache(maxsize=64)
def _compiled(text: str, folds: bool) -> Any:
    import regex  # late: only who searches by a regular expression pays for it

    return regex.compile(text, regex.IGNORECASE if folds else 0)


def compile_error(text: str) -> str:
    """Why `text` is not a regular expression; "" if it is one."""
    import regex

    try:
        _compiled(text, False)
    except (regex.error, RecursionError, OverflowError) as error:
        return str(error)
    return ""


def timed_lines(text: str, lines: Sequence[str], *, folds: bool) -> list[int]:
    """Indexes of the lines that match; raises SlowQuery when the budget is used up."""
    search = _compiled(text, folds).search
    due, left = time.thread_time() + BLOCK_SECONDS, BLOCK_SECONDS
    looked = time.perf_counter()
    indexes: list[int] = []
    try:
        for index, line in enumerate(lines):
            if search(line, timeout=left):
                indexes.append(index)
            # One line may take all the time that is left, and so may each of the next ones.
            if index % _CHECKED == 0 or time.perf_counter() - looked > _LONG:
                left, looked = due - time.thread_time(), time.perf_counter()
                if left <= 0:
                    raise SlowQuery(text)
    except TimeoutError as error:
        raise SlowQuery(text) from error
    return indexes


def timed_spans(text: str, drawn: str, *, folds: bool) -> list[tuple[int, int]]:
    """(start, end) of each match that is not empty; none when that takes too long."""
    try:
        matches = _compiled(text, folds).finditer(drawn, timeout=DRAWN_SECONDS)
        return [match.span() for match in matches if match.end() > match.start()]
    except TimeoutError:
        return []


_NESTED_REPEAT = re.compile(
    r"\((?:[^()\\]|\\.)*(?:[+*]|\{\d+,\d*\})(?:[^()\\]|\\.)*\)\s*(?:[+*]|\{\d+,\d*\})"
)
_PAIR = re.compile(r"([\w.@-]+)=(\S.*)\Z", re.DOTALL)


__all__ = ["BadQuery", "SearchQuery", "SlowQuery"]


class BadQuery(ValueError):
    """The regular expression is unusable; the message says why, in the language of the screen."""


@dataclass(frozen=True)
class SearchQuery:
    """A text or regular expression to search for; raises BadQuery for an unusable one."""

    text: str
    regex: bool = False

    def __post_init__(self) -> None:
        if self.regex:
            if _NESTED_REPEAT.search(self.text):
                raise BadQuery(_("a repeat inside a repeat may take forever"))
            reason = compile_error(self.text)
            if reason:
                raise BadQuery(reason)

    @property
    def folds(self) -> bool:
        """Whether case is ignored; False also where the text has no letters."""
        return self.text == self.text.lower() != self.text.upper()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.text), re.IGNORECASE | re.ASCII if self.folds else 0)

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        spellings = {self.text, json.dumps(self.text)[1:-1], json.dumps(self.text, ensure_ascii=False)[1:-1]}
        needles = {spelling.encode("utf-8", "replace") for spelling in spellings}
        return tuple(sorted(needle.lower() if self.folds else needle for needle in needles))

    @cached_property
    def _pair(self) -> re.Pattern[bytes] | None:
        """Matches `"key": "value"`, as a log spells it, for a query `key=value`, as the pane draws it."""
        parts = None if self.regex else _PAIR.match(self.text)
        if parts is None:
            return None
        key = re.escape(parts[1].rsplit(".", 1)[-1].encode("utf-8", "replace"))
        value = re.escape(parts[2].strip('"').encode("utf-8", "replace"))
        return re.compile(b'"' + key + b'"[ \t]*:[ \t]*"?' + value, re.IGNORECASE if self.folds else 0)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The matches to highlight in a drawn `text`: ascending (start, end)."""
        if self.regex:
            return timed_spans(self.text, text, folds=self.folds)
        return [match.span() for match in self._pattern.finditer(text) if match.end() > match.start()]

    def lines_in(self, text: bytes | bytearray) -> list[int]:
        """Indexes of the matching lines of `text`, in which every line ends in a line feed. Raises SlowQuery."""
        if self.regex:
            lines = text.decode("utf-8", "replace").split("\n")[:-1]
            return timed_lines(self.text, lines, folds=self.folds)
        if not self.text:
            return []
        haystack = text.lower() if self.folds else text
        indexes = [list(_lines_with(haystack, needle)) for needle in self._needles]
        if self._pair is not None:
            indexes.append(list(_lines_matching(text, self._pair)))
        return indexes[0] if len(indexes) == 1 else sorted(set().union(*indexes))


def _lines_with(text: bytes | bytearray, needle: bytes) -> Iterator[int]:
    """Numbers of the lines with `needle`; counts line feeds only up to a hit, so that misses are fast."""
    line = line_end = 0
    place = text.find(needle)
    while place >= 0:
        line += text.count(b"\n", line_end, place)
        yield line
        line_end = text.find(b"\n", place)
        place = text.find(needle, line_end)


def _lines_matching(text: bytes | bytearray, pattern: re.Pattern[bytes]) -> Iterator[int]:
    line = line_end = 0
    match = pattern.search(text)
    while match is not None:
        line += text.count(b"\n", line_end, match.start())
        yield line
        line_end = text.find(b"\n", match.end() - 1)
        match = pattern.search(text, line_end)
