"""Masks secrets in error messages, and gives messages of the same error the same text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from services.logs.masking.mask import FurtherPattern, mask

SHAPE = 200
"""Number of characters of a message that identify its group."""
SHOWN = 300
"""Maximum length of a message in evidence."""
_READ = 2000
"""Maximum length of a message that is processed: a stack trace may have 30,000 characters."""


class _LongNumber(NamedTuple):
    """Any long number: findings go to reports and Slack, and no reader of an error needs it."""

    id: str = "number"
    pattern: str = r"(?<!\d)(?<![0-9a-fA-F]-)\d{12,}(?!\d)"


_LONG_NUMBER = _LongNumber()

_VARIABLE = re.compile(
    r"""(?ix)
      \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b
    | \b0x[0-9a-f]+\b
    | (?<![0-9a-z]) (?=[a-f]*\d) (?=\d*[a-f]) [0-9a-f]{8,} (?![0-9a-z])
    | [+-]?\d+(?:[.,:/-]\d+)*
    """
)
"""UUIDs, hexadecimal ids, numbers, times and addresses."""

_DATABASE = re.compile(
    r"""(?ix)
      (?:jdbc|database|db|postgres\w*|mysql|sql|hikaripool\S*) [^\n]{0,40} connect
    | connect\w* [^\n]{0,40} (?:database|postgres\w*|mysql|\bdb\b)
    | connection\ (?:slots|pool)
    | too\ many\ (?:connections|clients)
    | (?:データベース|ＤＢ|DB) [^\n]{0,12} 接続
    """
)


def masked(text: str, patterns: Sequence[FurtherPattern] = ()) -> str:
    """Truncated, without secrets and obvious personal data; it may still contain names."""
    hidden = mask(text[:_READ], (_LONG_NUMBER, *patterns)).text
    return hidden if len(hidden) <= SHOWN else hidden[:SHOWN] + "…"


def shape(text: str) -> str:
    """The constant part of a message: ids, numbers and times become `#`."""
    return _VARIABLE.sub("#", masked(text))[:SHAPE].strip()


def about_database(text: str) -> bool:
    return _DATABASE.search(text[:_READ]) is not None
