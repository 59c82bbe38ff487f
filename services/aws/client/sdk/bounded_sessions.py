"""The SDK's HTTP sessions for reads, with the limits of `services.aws.client.response_limits` on each body."""

from functools import cache
from typing import Any

from aiobotocore.response import StreamingBody

from services.aws.client.response_limits import CHUNK, MOST_BYTES, TooLarge, limit_of, too_large
from services.aws.client.sdk.parsers import TooMuch
from services.aws.client.single_attempt import ReadSession


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
            async for part in self._response.content.iter_chunked(CHUNK):
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
        return too_large(self._limit)


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


async def with_whole_body(answer: dict[str, Any], service: str) -> dict[str, Any]:
    """The response with the content of an object (`Body`) as bytes; above the service's limit it raises TooMuch."""
    body = answer.get("Body")
    if not isinstance(body, StreamingBody):
        return answer
    limit = limit_of(service)
    content = bytearray()
    async with body:
        while part := await body.read(CHUNK):
            content += part
            if len(content) > limit:
                raise TooMuch(too_large(limit).decode())
    return {**answer, "Body": bytes(content)}


@cache
def bounded_session(service: str) -> type[BoundedSession]:
    """The HTTP session class for one service; "" for the SDK's own credential requests."""
    return type(f"BoundedSession_{service}", (BoundedSession,), {"limit": limit_of(service)})
