"""The HTTP layer of every client: no redirect is followed, and no request is repeated behind the SDK's back.

aiohttp repeats a request by itself in two cases: it follows redirects, to whatever host they name and with the
session token among the headers, and it sends PUT, DELETE and GET again when a connection breaks before the
answer (`aiohttp/client.py`). The SDK follows S3's own redirects to another region; the runbook names the region.
"""

from typing import Any

from aiobotocore.credentials import AioContainerMetadataFetcher
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.utils import _RefCountedSessionMixin
from botocore.utils import get_environ_proxies

from services.models.text import clean

_NOT_MODIFIED = 304


class Redirected(Exception):
    """An answer pointed elsewhere; nobody went there."""

    def __init__(self, status: int, location: str) -> None:
        self.location = clean(location, 200)
        """As the answer names it; "" where it names none."""
        super().__init__(f"{status}: {self.location}")


class OnceSession(AIOHTTPSession):  # type: ignore[misc]  # the SDK ships no types
    """The SDK's HTTP session without redirects and without second attempts; a redirect is an answer like any other."""

    async def _get_session(self, proxy_url: str | None) -> "_Once":
        session = await super()._get_session(proxy_url)
        # aiohttp's own tests turn it off this way; it offers no other.
        session._retry_connection = False
        return _Once(session)


class ReadSession(OnceSession):
    """For reads: a redirect is an error, of which the SDK makes no further request."""

    async def send(self, request: Any) -> Any:
        """As the SDK's. Raises Redirected."""
        answer = await super().send(request)
        if is_redirect(answer.status_code):
            raise Redirected(answer.status_code, str(answer.headers.get("location") or ""))
        return answer


class MetadataSession(_RefCountedSessionMixin, ReadSession):  # type: ignore[misc]  # the SDK ships no types
    """For the credentials that a container or a machine is given over HTTP."""


class _Once:
    """What the SDK uses of an aiohttp.ClientSession."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> Any:
        """As aiohttp's; a redirect is an answer like any other."""
        return await self._session.request(method, allow_redirects=False, **options)


def is_redirect(status: int) -> bool:
    """Whether an HTTP status points elsewhere."""
    return 300 <= status < 400 and status != _NOT_MODIFIED


def keep_to_metadata(chain: Any) -> None:
    """Let the SDK's credential chain follow no redirect of a container's or a machine's credential service."""
    container = chain.get_provider("container-role")
    container._fetcher = AioContainerMetadataFetcher(
        session=MetadataSession(timeout=AioContainerMetadataFetcher.TIMEOUT_SECONDS)
    )
    machine = chain.get_provider("iam-role")._role_fetcher
    machine._session = MetadataSession(
        timeout=machine._timeout, proxies=get_environ_proxies(machine._base_url)
    )
