"""The search of Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), and of Lowe (2017)."""

import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple

TAKE, RELEASE = "take", "release"
UNKNOWN = "?"
FREE = ""


class Operation(NamedTuple):
    what: str  # TAKE or RELEASE
    by: str  # Unique to the call
    holder: str
    """Who has it then, according to the answer: `by` itself, another, FREE after a release; UNKNOWN without an answer."""
    invoked: float
    returned: float
    """As counted by one counter for all; infinity without an answer, because it may take effect at any time later."""


def is_linearizable(history: Sequence[Operation]) -> bool:
    tried: set[tuple[frozenset[Operation], str]] = set()

    def search(rest: frozenset[Operation], holder: str) -> bool:
        if all(operation.holder == UNKNOWN for operation in rest):
            return True
        if (rest, holder) in tried:
            return False
        tried.add((rest, holder))
        first_return = min(operation.returned for operation in rest)
        return any(
            search(rest - {operation}, after)
            for operation in rest
            if operation.invoked < first_return
            for after in _effects(operation, holder)
        )

    return search(frozenset(history), FREE)


def _effects(operation: Operation, holder: str) -> Sequence[str]:
    """Who may have it after the operation; nobody at all if its answer does not fit."""
    taker = operation.by if holder == FREE else holder
    after = FREE if operation.what == RELEASE else taker
    if operation.holder == UNKNOWN:
        # It may never have arrived.
        return (after, holder)
    return (after,) if operation.holder == after else ()


@dataclass
class History:
    operations: list[Operation] = field(default_factory=list)
    _moments: "itertools.count[int]" = field(default_factory=itertools.count)

    async def call(self, what: str, by: str, answer: Callable[[], Awaitable[str]]) -> str:
        invoked = next(self._moments)
        holder = await answer()
        returned = inf if holder == UNKNOWN else next(self._moments)
        self.operations.append(Operation(what, by, holder, invoked, returned))
        return holder
