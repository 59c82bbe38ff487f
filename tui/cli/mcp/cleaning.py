"""The last sieve of results: whatever a model let through, no control or invisible character leaves for a client."""

from math import isfinite
from typing import Any

from services.models.text import clean_block

LONGEST = 1 << 18
"""Maximum characters of one text."""


def cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean_block(value, LONGEST)
        case dict():
            return {clean_block(key, LONGEST): cleaned(each) for key, each in value.items()}
        case float():
            return value if isfinite(value) else None
        case list() | tuple():
            return [cleaned(each) for each in value]
        case _:
            return value
