"""Stand-ins for values that break a model's grammar, so that checks between values can run on the rest of the file.

A person repairs a file once: what the grammar refuses and what contradicts another entry are named together.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.toml.mistakes import expected
from services.toml.positions import Path

M = TypeVar("M", bound=BaseModel)
Parse = Callable[[dict[str, Any]], M]

MOST = 200
"""Broken values that are replaced; a file with more is another kind of file."""
_ABSENT = object()
_CANDIDATES: tuple[Any, ...] = (
    *(_ABSENT, [], {}, "x", 1, 0, 0.5, False, "x-x", "00:00", "01-01", "2026-01-01"),
    *("000000000000", "us-east-1", ["x"], ["x-x"]),
)
"""Tried in this order; the first that the grammar takes at its place stands in."""


def parsed_in_part(parse: Parse[M], data: dict[str, Any]) -> tuple[M | None, tuple[Path, ...]]:
    """The model that is left when each broken value is replaced, and the places that were; None where that fails.

    `parse` raises ValidationError for what the grammar refuses. `data` stays as it is.
    """
    data = copy.deepcopy(data)
    broken: list[Path] = []
    for _attempt in range(MOST):
        try:
            return parse(data), tuple(broken)
        except ValidationError as error:
            path: Path = tuple(error.errors()[0]["loc"])
            if not _replaced(parse, data, path):
                return None, tuple(broken)
            broken.append(path)
    return None, tuple(broken)


def concerned(path: Path, broken: Iterable[Path]) -> bool:
    """Whether what a check says of `path` may be about a stand-in: the place itself, what it holds, or what holds it."""
    return any(_within(path, place) or _within(place, path) for place in broken)


def _within(path: Path, place: Path) -> bool:
    return path[: len(place)] == place


def _replaced(parse: Parse[M], data: dict[str, Any], path: Path) -> bool:
    """Put the first stand-in at `path` that the grammar takes there; False where none is."""
    holder = _holder(data, path)
    if holder is None:
        return False
    candidates = list(_CANDIDATES)
    for candidate in candidates:
        if candidate is not _ABSENT:
            holder[path[-1]] = copy.deepcopy(candidate)
        elif isinstance(holder, dict):
            holder.pop(path[-1], None)
        else:
            # Without it, the elements after it would stand at other places than in the file.
            continue
        refusal = _refusal(parse, data, path)
        if refusal is None:
            return True
        # An enumeration says itself what it takes.
        candidates += [value for value in _expected(refusal) if value not in candidates]
    return False


def _expected(refusal: Any) -> list[str]:
    return expected(refusal.get("ctx", {}).get("expected", ""))[:1]


def _holder(data: Any, path: Path) -> Any:
    """The table or list that holds the last part of `path`; None where there is none."""
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data if isinstance(data, dict | list) and path else None


def _refusal(parse: Parse[M], data: dict[str, Any], path: Path) -> Any:
    """What the grammar says of the value at `path` itself; None where it takes it, though it may lack keys."""
    try:
        parse(data)
    except ValidationError as error:
        return next((refusal for refusal in error.errors() if tuple(refusal["loc"]) == path), None)
    return None
