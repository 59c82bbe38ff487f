"""Every kind of exception that a read may end in: the built-in ones, and those that bad answers really cause."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime

from pydantic import BaseModel


class Number(BaseModel):
    value: int


def raised_by(work: Callable[[], object]) -> Exception:
    try:
        work()
    except Exception as error:  # noqa: BLE001  whatever it is
        return error
    raise AssertionError("nothing was raised")


def recursive() -> object:
    return recursive()


def bottom_up(kind: type[BaseException]) -> list[type[BaseException]]:
    return [kind, *(below for each in kind.__subclasses__() for below in bottom_up(each))]


BUILT_IN = sorted(
    {
        kind
        for kind in bottom_up(Exception)
        if kind.__module__ == "builtins"
        # These need arguments, and no coroutine can raise the Stop ones.
        and not issubclass(
            kind, UnicodeError | Warning | BaseExceptionGroup | StopIteration | StopAsyncIteration
        )
    },
    key=lambda kind: kind.__name__,
)
REAL = [
    raised_by("\ud800".encode),
    raised_by(b"\xff".decode),
    raised_by(recursive),
    raised_by(lambda: int(float("nan"))),
    raised_by(lambda: datetime.fromtimestamp(1e20, UTC)),
    raised_by(lambda: json.loads("{")),
    raised_by(lambda: Number.model_validate({"value": "x"})),
    ExceptionGroup("several", [KeyError("a"), OSError("b")]),
    asyncio.CancelledError(),
    asyncio.InvalidStateError(),
    asyncio.IncompleteReadError(b"", 1),
]
EVERY: list[BaseException] = [*(kind() for kind in BUILT_IN), *REAL]
