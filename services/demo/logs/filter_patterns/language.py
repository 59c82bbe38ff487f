"""The filter-pattern language of CloudWatch Logs.

Source: "Filter pattern syntax" (Amazon CloudWatch Logs user guide).
"""

from collections.abc import Callable
from functools import lru_cache

from services.demo.logs.filter_patterns.json import compile_json
from services.demo.logs.filter_patterns.space_delimited import compile_fields
from services.demo.logs.filter_patterns.terms import compile_terms
from services.demo.logs.filter_patterns.values import PatternError

LIMIT = 1024
"""Characters a pattern may have."""

__all__ = ["PatternError", "compile_pattern"]


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Callable[[str], bool]:
    """A test for messages; "" matches all. Raises PatternError if AWS would refuse the pattern."""
    text = text.strip()
    if len(text) > LIMIT:
        raise PatternError(f"The filter pattern is longer than {LIMIT} characters")
    if not text:
        return lambda _line: True
    if text.startswith("{"):
        if not text.endswith("}"):
            raise PatternError("Invalid filter pattern: '}' is missing")
        return compile_json(text)
    if text.startswith("["):
        if not text.endswith("]"):
            raise PatternError("Invalid filter pattern: ']' is missing")
        return compile_fields(text)
    return compile_terms(text)
