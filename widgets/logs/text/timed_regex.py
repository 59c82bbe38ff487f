"""Regular expressions that cannot hold up the screen: each block of lines has a budget of time.

The engine of `re` cannot be interrupted; that of `regex` takes a time limit for each call.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

BLOCK_SECONDS = 0.08
"""Processor time for the lines of one block; a pattern that needs more is given up."""
DRAWN_SECONDS = 0.01
"""Seconds for the matches in one drawn line."""
_CHECKED = 64
"""Lines between two looks at the processor's clock, which is slow to read."""
_LONG = 0.004
"""Seconds after which it is looked at all the same."""


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
