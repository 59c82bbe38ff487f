"""The engine of `re` cannot be interrupted; that of `regex` takes a time limit for each call."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from time import process_time
from typing import Any

from services.i18n import _
from services.logs.masking.kinds import MaskSpan

LONGEST = 200  # Characters of a pattern
SECONDS = 0.05  # Processor time of a pattern on one text
Compiled = tuple[tuple[str, Any], ...]


def mistake_in(pattern: str) -> str:
    """Why a pattern cannot be used, in words; "" if it can."""
    import regex  # late: only who has such patterns pays for it

    if not pattern or len(pattern) > LONGEST:
        return _("must have 1 to {count} characters", count=LONGEST)
    try:
        matches_nothing = regex.compile(pattern).search("", timeout=SECONDS) is not None
    except (regex.error, RecursionError, OverflowError, TimeoutError) as error:
        return _("is not a regular expression: {reason}", reason=error)
    return _("matches nothing at all, too") if matches_nothing else ""


@lru_cache(maxsize=32)
def compiled(patterns: tuple[tuple[str, str], ...]) -> Compiled:
    if not patterns:
        return ()
    import regex

    return tuple((kind, regex.compile(pattern)) for kind, pattern in patterns)


def find(text: str, patterns: Sequence[tuple[str, Any]]) -> Iterator[MaskSpan]:
    """What the patterns match. Raises TimeoutError."""
    for kind, pattern in patterns:
        end = process_time() + SECONDS
        for match in pattern.finditer(text, timeout=SECONDS):
            if process_time() > end:
                raise TimeoutError
            if match.end() > match.start():
                yield MaskSpan(match.start(), match.end(), kind)
