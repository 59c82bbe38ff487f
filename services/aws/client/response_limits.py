"""Limits on one response: bytes before the body is read into memory, rows before it is processed.

AWS's pages are small; a larger response comes from something between the console and AWS. Parsing 100,000 alarms
in one response would block the event loop for fifteen seconds.
"""

from functools import cache
from typing import Any

from services.aws.client.single_attempt import ReadSession

MIB = 1 << 20
MOST_BYTES = 4 * MIB
"""Body size limit of services without an entry in MOST_BYTES_OF."""
MOST_BYTES_OF = {
    "logs": 10 * MIB,  # 1 MB of text in 10,000 events, plus JSON escapes, event ids and stream names
    "cloudwatch": 8 * MIB,  # GetMetricData: 100,800 datapoints
    "cloudtrail": 8 * MIB,  # 50 events, each including the full request
    "wafv2": 8 * MIB,  # 500 sampled requests with all headers
    "athena": 8 * MIB,
    "ce": 8 * MIB,
}
"""Body size limit by service; well above the largest page that AWS documents."""
MOST_ROWS = 1_000
"""Row limit of a list of structures without an entry in MOST_ROWS_OF: AWS's largest page for most lists."""
MOST_ROWS_OF = {
    "FilteredLogEvents": 10_000,
    "OutputLogEvents": 10_000,
    "QueryResults": 10_000,
    "ResultRows": 1_000,
    "MetricDataResults": 5_000,
    "Groups": 10_000,
}
"""Row limit by the name of the list's shape in the API model."""
_CHUNK = 64 * 1024


class TooLarge(bytes):
    """Placeholder for a body that exceeded the limit; its text names the limit."""


class _Bounded:
    """An aiohttp response that stops reading above `limit` bytes."""

    def __init__(self, response: Any, limit: int) -> None:
        self._response = response
        self._limit = limit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    async def read(self) -> bytes:
        """The body, or TooLarge; then the connection is closed, because the rest of the body is still arriving."""
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
            # Also on cancellation: a connection with a half-read response cannot be reused.
            self._response.close()
            raise
        return b"".join(parts)

    def _refused(self) -> TooLarge:
        self._response.close()
        return TooLarge(f"more than {self._limit:,} bytes".encode())


class _BoundedClient:
    """The part of aiohttp.ClientSession that the SDK uses, with bounded responses."""

    def __init__(self, session: Any, limit: int) -> None:
        self._session = session
        self._limit = limit

    async def request(self, method: str, **options: Any) -> Any:
        """Same as `aiohttp.ClientSession.request`."""
        return _Bounded(await self._session.request(method, **options), self._limit)


class BoundedSession(ReadSession):
    """The HTTP session for reads: responses of at most `limit` bytes; event streams are not limited."""

    limit = MOST_BYTES

    async def _get_session(self, proxy_url: str | None) -> Any:
        return _BoundedClient(await super()._get_session(proxy_url), self.limit)


@cache
def bounded_session(service: str) -> type[BoundedSession]:
    """The HTTP session class for one service; "" for the SDK's own credential requests."""
    limit = MOST_BYTES_OF.get(service, MOST_BYTES)
    return type(f"BoundedSession_{service}", (BoundedSession,), {"limit": limit})
