"""HTTP to other services than AWS: answers of limited size, no redirects, the environment's proxy. Imported
late: it is large."""

import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp

LARGEST = 16 << 20  # Bytes of an answer that are read at most


class WebAnswer(aiohttp.ClientResponse):
    async def read(self) -> bytes:
        """The whole body. Raises ClientPayloadError where it is too large."""
        if self._body is None:
            body = bytearray()
            async for part in self.content.iter_any():
                body += part
                if len(body) > LARGEST:
                    self.close()
                    raise aiohttp.ClientPayloadError
            self._body = bytes(body)
        return await super().read()


class WebRedirected(aiohttp.ClientError):
    """The answer is a redirect; the token must not be sent there."""


async def _refuse_redirect(*_trace: object) -> None:
    raise WebRedirected


def session(
    limits: aiohttp.ClientTimeout, leaving: Callable[[], None] = lambda: None
) -> aiohttp.ClientSession:
    """A session that sends each request once, follows no redirect and reads no endless answer. `leaving` is
    called once the connection is there, before the first byte of a request is sent; an error that it raises
    is raised by the request, which is not sent then."""

    async def ready(*_trace: object) -> None:
        leaving()

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    # Despite its name it is called before the headers are written.
    trace.on_request_headers_sent.append(ready)
    opened = aiohttp.ClientSession(timeout=limits, trace_configs=[trace], response_class=WebAnswer)
    # aiohttp resends PUT, DELETE and GET when a connection breaks. There is no public option; its own tests set this.
    opened._retry_connection = False
    return opened


def proxy(address: str) -> str | None:
    """The environment's proxy for an address; the library itself ignores NO_PROXY. None for plain HTTP: its
    addresses are on this machine, and a proxy would read the token."""
    parts = urlsplit(address)
    if parts.scheme == "http" or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return urllib.request.getproxies().get(parts.scheme)
