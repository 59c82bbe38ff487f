"""Source: DescribeLogStreams (Amazon CloudWatch Logs API reference)."""

from datetime import UTC, datetime

from services.aws.client.reader import Answer, Reader, rows
from services.aws.logs.group_names import group_parameter
from services.models.base import RawId

_NEWEST = 50  # Streams of one page, DescribeLogStreams' limit
_LAST = 253_402_214_400_000  # Latest time that is believed, epoch milliseconds: the last day of the year 9999


class LogStreams:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def last_event(self, group: str) -> datetime | None:
        """The time of the newest event of a group (UTC); None: it has none. AWS updates it within about an
        hour. Raises AwsError."""
        streams = await self._newest(group, 1)
        times = [_time(row.get("lastEventTimestamp")) for row in streams]
        return max((at for at in times if at is not None), default=None)

    async def of_task(self, group: str, task: str) -> tuple[RawId, ...]:
        """The streams of one ECS task among the newest of a group: awslogs calls them
        `prefix/container/task`. Raises AwsError."""
        streams = await self._newest(group, _NEWEST)
        names = [str(row.get("logStreamName") or "") for row in streams]
        return tuple(RawId(name) for name in names if name.rpartition("/")[2] == task)

    async def _newest(self, group: str, most: int) -> list[Answer]:
        answer = await self._session.read(
            "logs",
            "DescribeLogStreams",
            required=("logStreams",),
            orderBy="LastEventTime",
            descending=True,
            limit=most,
            **group_parameter(group),
        )
        return rows(answer, "logStreams")


def _time(value: object) -> datetime | None:
    """Epoch milliseconds as UTC; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
