"""How much one answer may hold: bytes before anything is read into memory, rows before anything is walked.

AWS's pages are small, and what is larger comes from something else on the way. Read and parsed, 100,000 alarms in
one answer would hold the event loop for fifteen seconds.
"""

from functools import cache
from typing import Any

from services.aws.client.single_attempt import ReadSession

MIB = 1 << 20
MOST_BYTES = 4 * MIB
"""Of an answer, where nothing else is said."""
MOST_BYTES_OF = {
    "logs": 10 * MIB,  # a megabyte of texts in 10,000 events, with escapes, ids and names of streams
    "cloudwatch": 8 * MIB,  # GetMetricData: 100,800 values with their times
    "cloudtrail": 8 * MIB,  # 50 events, each with the whole request
    "wafv2": 8 * MIB,  # 500 requests with all of their headers
    "athena": 8 * MIB,
    "ce": 8 * MIB,
}
"""By service; well above the largest page that AWS documents."""
MOST_ROWS = 1_000
"""Of one list of structures, where nothing else is said: the largest page that AWS documents for most lists."""
MOST_ROWS_OF = {
    "FilteredLogEvents": 10_000,
    "OutputLogEvents": 10_000,
    "QueryResults": 10_000,
    "ResultRows": 1_000,
    "MetricDataResults": 5_000,
    "Groups": 10_000,
}
"""By the list's shape in the API's model."""
_CHUNK = 64 * 1024


class TooLarge(bytes):
    """Stands for a body that was not read to its end; its text says how much was allowed."""


class _Bounded:
    """An aiohttp response that stops reading above `limit` bytes."""

    def __init__(self, response: Any, limit: int) -> None:
        self._response = response
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    async def read(self) -> bytes:
        """The body, or TooLarge; the connection is closed then, since the rest of the body still comes."""
        promised = self._response.content_length
        if promised is not None and promised > self._limit:
            return self._refused()
        parts: list[bytes] = []
        size = 0
        try:
            async for part in self._response.content.iter_chunked(_CHUNK):
                size += len(part)
                if size > self._limit:
                    return self._refused()
                parts.append(part)
        except BaseException:
            # Also where the call is given up: a connection in the middle of an answer is of no use to the next one.
            self._response.close()
            raise
        return b"".join(parts)

    def _refused(self) -> TooLarge:
        self._response.close()
        return TooLarge(f"more than {self._limit:,} bytes".encode())


class _BoundedClient:
    """What the SDK uses of an aiohttp.ClientSession, with bounded responses."""

    def __init__(self, session: Any, limit: int) -> None:
        self._session = session
        self._limit = limit

    async def request(self, method: str, **options: Any) -> Any:
        """As aiohttp's."""
        return _Bounded(await self._session.request(method, **options), self._limit)


class BoundedSession(ReadSession):
    """The session of reads, for answers of at most `limit` bytes; event streams pass as they are."""

    limit = MOST_BYTES

    async def _get_session(self, proxy_url: str | None) -> Any:
        return _BoundedClient(await super()._get_session(proxy_url), self.limit)


@cache
def bounded_session(service: str) -> type[BoundedSession]:
    """The session class for one service's answers; "" for what the SDK asks to get credentials."""
    limit = MOST_BYTES_OF.get(service, MOST_BYTES)
    return type(f"BoundedSession_{service}", (BoundedSession,), {"limit": limit})
