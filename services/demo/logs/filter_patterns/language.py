"""Source: "Filter pattern syntax" (Amazon CloudWatch Logs user guide), TestMetricFilter (API reference)."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from services.demo import grammar
from services.demo.logs.filter_patterns.json import JsonPattern
from services.demo.logs.filter_patterns.space_delimited import FieldsPattern
from services.demo.logs.filter_patterns.terms import TermsPattern
from services.demo.logs.filter_patterns.values import PatternError

LIMIT = 1024
"""Characters a pattern may have."""
_GRAMMAR = Path(__file__).with_name("pattern.lark")

__all__ = ["PatternError", "compile_pattern", "pattern"]


class Pattern(NamedTuple):
    matches: Callable[[str], bool]
    """Tests a message."""
    values: Callable[[str], dict[str, str]]
    """What it extracts from a message that matches: `$.level` or `$ip`, and the value as text."""


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """A filter pattern; "" matches all. Raises PatternError if AWS would refuse it."""
    text = text.strip()
    if len(text) > LIMIT:
        raise PatternError(f"The filter pattern is longer than {LIMIT} characters")
    if not text:
        return Pattern(lambda _: True, lambda _: {})
    start, end = {"{": ("json", "}"), "[": ("fields", "]")}.get(text[0], ("terms", ""))
    if not text.endswith(end):
        raise PatternError(f"If a filter pattern starts with '{text[0]}' it must end with '{end}'")
    meaning = {"json": JsonPattern, "fields": FieldsPattern, "terms": TermsPattern}[start]
    try:
        return Pattern(*meaning().visit(grammar.parse(_GRAMMAR, text, start)))
    except grammar.Unexpected as error:
        if start == "terms":
            word = text[error.at :].split(maxsplit=1)[:1] or [text]
            raise PatternError(f"Invalid character(s) in term '{word[0]}'") from None
        raise PatternError("Invalid filter pattern") from None


def compile_pattern(text: str) -> Callable[[str], bool]:
    """The test of a filter pattern. Raises PatternError if AWS would refuse it."""
    return pattern(text).matches
