"""The HTTP layer of write clients: a request goes out once, whatever comes back.

aiohttp repeats a request by itself in two cases: it follows redirects (307 and 308 with the body), and it
sends PUT, DELETE and GET again when a connection breaks before the answer (`aiohttp/client.py`).
"""

from typing import Any

from aiobotocore.httpsession import AIOHTTPSession


class OnceSession(AIOHTTPSession):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's HTTP session without redirects and without second attempts."""

    async def _get_session(self, proxy_url: str | None) -> "_Once":
        session = await super()._get_session(proxy_url)
        # aiohttp's own tests turn it off this way; it offers no other.
        session._retry_connection = False
        return _Once(session)


class _Once:
    """What the SDK uses of an aiohttp.ClientSession."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> Any:
        """As aiohttp's; a redirect is an answer like any other."""
        return await self._session.request(method, allow_redirects=False, **options)
