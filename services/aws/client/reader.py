import json
import math
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, overload

from services.aws.client.errors import Incomplete, NotFound
from services.aws.client.validation import Misshapen, sound
from services.i18n import _
from services.models.problem import Problem, ProblemKind

Answer = dict[str, Any]  # One parsed response
_TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "Marker"),
    ("Marker", "Marker"),
)
"""Pagination tokens: (key in the response, parameter of the next request)."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799  # The last second of the year 9999
_MOST = 1 << 62
_LARGEST = 1 << 360  # Largest absolute value of a metric (CloudWatch API reference, MetricDatum)


class Reader(Protocol):
    """The reading part of `services.aws.client.session.AwsSession`; both methods raise AwsError."""

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
        """One call; a response without a `required` key raises Incomplete."""
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
    ) -> AsyncGenerator[Answer, None]: ...


def next_page(answer: Answer) -> tuple[str, str]:
    """(parameter, token) with which the page after this one is requested; ("", "") after the last."""
    for key, parameter in _TOKENS:
        if answer.get(key):
            return parameter, str(answer[key])
    return "", ""


def when(value: object) -> datetime | None:
    """A parsed value as an aware UTC time: a datetime, epoch seconds, or ISO 8601 text. None for anything
    else, and for times before 1970, which AWS does not have."""
    try:
        if isinstance(value, datetime):
            moment = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            return moment if moment >= _FIRST else None
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC) if value >= 0 else None
        if isinstance(value, str) and value:
            return when(datetime.fromisoformat(value))
    except (ValueError, OverflowError, OSError):
        return None
    return None


def epoch(value: object) -> int | None:
    """The same in whole epoch seconds; None also for times after the year 9999."""
    number = finite(value)
    if number is not None:
        return int(number) if 0 <= number <= _LAST else None
    moment = when(value)
    return None if moment is None else int(moment.timestamp())


def is_readable(name: str) -> bool:
    return "\ufffd" not in name


def readable_name(value: object) -> str:
    """The name if it was decoded completely; "" for a damaged one and for non-text."""
    return value if isinstance(value, str) and is_readable(value) else ""


def finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_LARGEST <= value <= _LARGEST else None


@overload
def whole(value: object) -> int | None: ...


@overload
def whole(value: object, default: int) -> int: ...


def whole(value: object, default: int | None = None) -> int | None:
    """A count, a size or a number of days: non-negative and below 2^62; else `default`."""
    number = finite(value)
    return int(number) if number is not None and 0 <= number <= _MOST else default


def rows(answer: Answer, key: str) -> list[Answer]:
    """Raises Incomplete for anything else in the list: skipping it would hide a row."""
    listed = answer.get(key) or ()
    if not isinstance(listed, list | tuple) or not all(isinstance(row, dict) for row in listed):
        raise incomplete(_("AWS returned an unreadable item under {key}.", key=key), "", "")
    return list(listed)


def inside(text: object) -> Any:
    """A text parsed as JSON, with U+FFFD for lone surrogates. Raises ValueError for anything that is not
    JSON, including NaN, Infinity and numbers of more than 64 bits."""
    if not isinstance(text, str):
        raise ValueError("not a text")
    try:
        return sound(json.loads(text, parse_constant=_refuse))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> Any:
    raise Misshapen(f"a number that is not finite: {constant}")


def not_found(summary: str, service: str, operation: str, *, detail: str = "", remedy: str = "") -> NotFound:
    """The error to raise when AWS reports a missing resource with status 200."""
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
    """The error to raise when a row lacks required data and must not be skipped."""
    return Incomplete(
        Problem(
            kind=ProblemKind.INCOMPLETE,
            summary=summary,
            service=service,
            operation=operation,
            at=datetime.now(UTC),
        )
    )
