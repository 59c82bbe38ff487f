"""Tries filter patterns on messages; free, and nothing is created.

Source: TestMetricFilter (Amazon CloudWatch Logs API reference).
"""

from collections.abc import Sequence

from services.aws.client.reader import Reader, rows

MOST = 50
"""Messages of one request."""


class MetricFilters:
    """Asks CloudWatch Logs itself what a filter pattern matches."""

    def __init__(self, session: Reader) -> None:
        self._session = session

    async def count(self, pattern: str, messages: Sequence[str]) -> int:
        """How many of the first MOST messages match. Raises AwsError (Invalid: AWS refuses the pattern)."""
        answer = await self._session.read(
            "logs",
            "TestMetricFilter",
            required=("matches",),
            filterPattern=pattern,
            logEventMessages=list(messages[:MOST]),
        )
        return len(rows(answer, "matches"))
