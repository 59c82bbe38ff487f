"""What the readers of one AWS service need of the session, and how they read its values."""

import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from services.aws.errors import Incomplete, NotFound
from services.models.problem import Problem, ProblemKind

Answer = dict[str, Any]
"""One parsed response."""


class Reader(Protocol):
    """The part of `services.aws.session.AwsSession` that reads; both raise AwsError."""

    async def read(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> Answer:
        """One call; an answer without a `required` key is Incomplete."""
        ...

    def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncIterator[Answer]:
        """Every page of a call, following its token."""
        ...


def when(value: object) -> datetime | None:
    """An aware UTC time from what the parser left: a datetime, epoch seconds, or ISO 8601 text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str) and value:
            return when(datetime.fromisoformat(value))
    except (ValueError, OverflowError, OSError):
        return None
    return None


def epoch(value: object) -> int | None:
    """The same as whole epoch seconds."""
    if isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value):
        return int(value)
    moment = when(value)
    return None if moment is None else int(moment.timestamp())


def finite(value: object) -> float | None:
    """A number that can be drawn and compared, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def whole(value: object, default: int) -> int:
    """A whole number, or `default` where it is none."""
    number = finite(value)
    return default if number is None else int(number)


def rows(answer: Answer, key: str) -> list[Answer]:
    """The structures listed under `key`; absent or empty is no rows."""
    return [row for row in answer.get(key) or () if isinstance(row, dict)]


def not_found(summary: str, service: str, operation: str, *, detail: str = "", remedy: str = "") -> NotFound:
    """What to raise where AWS says with status 200 that a thing is missing."""
    return NotFound(
        Problem(
            kind=ProblemKind.NOT_FOUND,
            summary=summary,
            remedy=remedy,
            service=service,
            operation=operation,
            detail=detail,
            at=datetime.now(UTC),
        )
    )


def incomplete(summary: str, service: str, operation: str) -> Incomplete:
    """What to raise where a row lacks what it must have and cannot be left out."""
    return Incomplete(
        Problem(
            kind=ProblemKind.INCOMPLETE,
            summary=summary,
            service=service,
            operation=operation,
            at=datetime.now(UTC),
        )
    )
