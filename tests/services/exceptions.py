"""What a read may end in: each that another `except` could let through."""

import asyncio

from pydantic import TypeAdapter, ValidationError


def invalid() -> ValidationError:
    try:
        TypeAdapter(int).validate_python("x")
    except ValidationError as error:
        return error
    raise AssertionError


EVERY: list[BaseException] = [
    KeyError("MetricAlarms"),
    OSError("cut off"),
    invalid(),
    ExceptionGroup("several", [KeyError("a"), OSError("b")]),
    asyncio.CancelledError(),
]
