"""This way type errors and contradictions between entries are reported together, and a file is fixed in one go."""

import copy
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.toml.mistakes import expected
from services.toml.positions import Path

M = TypeVar("M", bound=BaseModel)
Parse = Callable[[dict[str, Any]], M]  # Validates data into a model; raises ValidationError

MOST = 200  # Maximum number of invalid values replaced; a file with more is probably of another kind
_ABSENT = object()
_CANDIDATES: tuple[Any, ...] = (
    *(_ABSENT, [], {}, "x", 1, 0, 0.5, False, "x-x", "00:00", "01-01", "2026-01-01"),
    *("000000000000", "us-east-1", ["x"], ["x-x"]),
)
"""Placeholders in the order tried; the first one that the model accepts is used."""


def parsed_in_part(parse: Parse[M], data: dict[str, Any]) -> tuple[M | None, tuple[Path, ...]]:
    """The model with each invalid value replaced by a placeholder, and the replaced paths; None if that
    fails. `parse` raises ValidationError for invalid data. `data` is not modified."""
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
    return any(_within(path, place) or _within(place, path) for place in broken)


def _within(path: Path, place: Path) -> bool:
    return path[: len(place)] == place


def _replaced(parse: Parse[M], data: dict[str, Any], path: Path) -> bool:
    """Put the first placeholder at `path` that the model accepts there; False if there is none."""
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
            # Removing a list element would shift the indices of those after it.
            continue
        refusal = _refusal(parse, data, path)
        if refusal is None:
            return True
        # The error of an enumeration lists the accepted values.
        candidates += [value for value in _expected(refusal) if value not in candidates]
    return False


def _expected(refusal: Any) -> list[str]:
    return expected(refusal.get("ctx", {}).get("expected", ""))[:1]


def _holder(data: Any, path: Path) -> Any:
    for part in path[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data if isinstance(data, dict | list) and path else None


def _refusal(parse: Parse[M], data: dict[str, Any], path: Path) -> Any:
    """The validation error at exactly `path`; None if the value is accepted there, even if keys inside it are missing."""
    try:
        parse(data)
    except ValidationError as error:
        return next((refusal for refusal in error.errors() if tuple(refusal["loc"]) == path), None)
    return None
