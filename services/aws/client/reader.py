"""What the readers of one AWS service need of the session, and how they read its values."""

import json
import math
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, overload

from services.aws.client.errors import Incomplete, NotFound
from services.aws.client.validation import Misshapen, sound
from services.i18n import _
from services.models.problem import Problem, ProblemKind

Answer = dict[str, Any]
"""One parsed response."""
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799
"""The last second of the year 9999."""
_MOST = 1 << 62
_LARGEST = 1 << 360
"""Of a metric's values, either way (CloudWatch API reference, MetricDatum)."""


class Reader(Protocol):
    """The part of `services.aws.client.session.AwsSession` that reads; both raise AwsError."""

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
    """An aware UTC time from what the parser left: a datetime, epoch seconds, or ISO 8601 text.

    None for anything else, also for a time before 1970: AWS has none.
    """
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
    """The same as whole epoch seconds; None also for what no calendar reaches."""
    number = finite(value)
    if number is not None:
        return int(number) if 0 <= number <= _LAST else None
    moment = when(value)
    return None if moment is None else int(moment.timestamp())


def is_readable(name: str) -> bool:
    """Whether a name that is compared with ours came whole; U+FFFD stands for what could not be read."""
    return "\ufffd" not in name


def readable_name(value: object) -> str:
    """A name that came whole; "" for one that did not, or for what is no text."""
    return value if isinstance(value, str) and is_readable(value) else ""


def finite(value: object) -> float | None:
    """A number that can be drawn, compared and added up, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -_LARGEST <= value <= _LARGEST else None


@overload
def whole(value: object) -> int | None: ...


@overload
def whole(value: object, default: int) -> int: ...


def whole(value: object, default: int | None = None) -> int | None:
    """A count, a size or a number of days: not negative, and no larger than any of AWS's; else `default`."""
    number = finite(value)
    return int(number) if number is not None and 0 <= number <= _MOST else default


def rows(answer: Answer, key: str) -> list[Answer]:
    """The structures listed under `key`; absent or empty is no rows.

    Raises Incomplete where something else is listed: passed over, it would be no row at all.
    """
    listed = answer.get(key) or ()
    if not isinstance(listed, list | tuple) or not all(isinstance(row, dict) for row in listed):
        raise incomplete(_("AWS returned an unreadable item under {key}.").format(key=key), "", "")
    return list(listed)


def inside(text: object) -> Any:
    """What a text holds as JSON, with U+FFFD for halves of surrogate pairs.

    Raises ValueError for anything that is not JSON; NaN, Infinity and numbers of more than 64 bits are none.
    """
    if not isinstance(text, str):
        raise ValueError("not a text")
    try:
        return sound(json.loads(text, parse_constant=_refuse))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(constant: str) -> Any:
    raise Misshapen(f"a number that is not finite: {constant}")


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
