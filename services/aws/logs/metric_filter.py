"""Tries filter patterns on messages; free, and nothing is created. Source: TestMetricFilter (Amazon
CloudWatch Logs API reference)."""

from collections.abc import Sequence

from services.aws.client.reader import Answer, Reader, rows

MOST = 50  # Messages of one request


class MetricFilters:
    def __init__(self, session: Reader) -> None:
        self._session = session

    async def count(self, pattern: str, messages: Sequence[str]) -> int:
        """How many of the first MOST messages match, empty ones never. Raises AwsError (Invalid: AWS refuses the pattern)."""
        return len(rows(await self._tried(pattern, messages), "matches"))

    async def matching(self, pattern: str, messages: Sequence[str]) -> frozenset[str]:
        """Those of the first MOST messages that match. Raises AwsError (Invalid: AWS refuses the pattern)."""
        matches = rows(await self._tried(pattern, messages), "matches")
        return frozenset(str(row.get("eventMessage")) for row in matches)

    async def _tried(self, pattern: str, messages: Sequence[str]) -> Answer:
        # AWS refuses a request with an empty message; what was cleaned can be empty.
        texts = [message for message in messages[:MOST] if message]
        if not texts:
            return {"matches": []}
        return await self._session.read(
            "logs", "TestMetricFilter", required=("matches",), filterPattern=pattern, logEventMessages=texts
        )
