"""The HTTP layer of every client: follows no redirects and sends each request once per SDK attempt. aiohttp
resends a request in two cases: it follows redirects, to any host and with the session token in the headers,
and it retries PUT, DELETE and GET when a connection breaks before the response (`aiohttp/client.py`). The SDK
follows S3's redirects to another region, which is not needed: the runbook names the region."""

import os
import threading
from ssl import SSLContext
from typing import Any

from aiobotocore.credentials import AioContainerMetadataFetcher
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.utils import _RefCountedSessionMixin
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from services.models.text import clean

_NOT_MODIFIED = 304
_CONTEXTS: dict[tuple[str, int], tuple[SSLContext, None]] = {}
"""By the file of the trusted certificates and its time: reading it takes 20 ms and a megabyte for each client."""
_READING = threading.Lock()


class Redirected(Exception):
    def __init__(self, status: int, location: str) -> None:
        self.location = clean(location, 200)  # The Location header, cleaned; "" if missing
        super().__init__(f"{status}: {self.location}")


def is_redirect(status: int) -> bool:
    return 300 <= status < 400 and status != _NOT_MODIFIED


class OnceSession(AIOHTTPSession):
    """The SDK's HTTP session without redirects and resends; a redirect is returned as a response."""

    def _build_ssl_contexts(self, proxy_url: str | None) -> Any:
        trusted = get_cert_path(self._verify) if self._verify else None
        if not trusted or self._cert_file or proxy_url:
            return super()._build_ssl_contexts(proxy_url)
        with _READING:
            key = str(trusted), os.stat(trusted).st_mtime_ns
            if key not in _CONTEXTS:
                _CONTEXTS[key] = super()._build_ssl_contexts(proxy_url)
            return _CONTEXTS[key]

    async def _get_session(self, proxy_url: str | None) -> "_Once":
        session = await super()._get_session(proxy_url)
        # There is no public option; aiohttp's own tests set the attribute the same way.
        session._retry_connection = False
        return _Once(session)


class ReadSession(OnceSession):
    """For reads: raises an error on a redirect, so that the SDK does not follow it."""

    async def send(self, request: Any) -> Any:
        """Same as the SDK's. Raises Redirected."""
        answer = await super().send(request)
        if is_redirect(answer.status_code):
            raise Redirected(answer.status_code, str(answer.headers.get("location") or ""))
        return answer


class MetadataSession(_RefCountedSessionMixin, ReadSession):
    """For credentials served over HTTP to a container or an instance."""


class _Once:
    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> Any:
        return await self._session.request(method, allow_redirects=False, **options)


def keep_to_metadata(chain: Any) -> None:
    """Stop the SDK's credential chain from following redirects of container and instance metadata services."""
    container = chain.get_provider("container-role")
    container._fetcher = AioContainerMetadataFetcher(
        session=MetadataSession(timeout=AioContainerMetadataFetcher.TIMEOUT_SECONDS)
    )
    machine = chain.get_provider("iam-role")._role_fetcher
    machine._session = MetadataSession(
        timeout=machine._timeout, proxies=get_environ_proxies(machine._base_url)
    )
