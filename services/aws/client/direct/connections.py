"""HTTPS connections of the standard library, to send one request each time: no redirects, no repetition, no proxy.

The only module besides the SDK that opens a connection to AWS; `services.aws.client.direct.sender` is its only user.
"""

import select
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from socket import SHUT_RDWR
from urllib.parse import urlsplit

from services.aws.client.response_limits import CHUNK, CONNECT_TIMEOUT, READ_TIMEOUT, too_large

BROKEN = (OSError, HTTPException)
"""What an exchange raises that did not come to its end."""
_FINAL = 200
"""The first status of a response after which no other follows for the same request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that was read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """TooLarge if it exceeds the limit."""


class Connections:
    """Connections to one endpoint, each of which carries one exchange at a time."""

    def __init__(self, url: str, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._tls = parts.hostname or "", parts.port, tls
        self._idle: list[HTTPConnection] = []
        self._lock = threading.Lock()
        self._closed = False

    def take(self) -> HTTPConnection:
        """A connection, perhaps one that is open already. Raises ConnectionError once closed."""
        with self._lock:
            if self._closed:
                raise ConnectionError("closed")
            while self._idle:
                connection = self._idle.pop()
                if _is_silent(connection):
                    return connection
                connection.close()
        if self._tls is None:
            return HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT)
        return HTTPSConnection(self._host, self._port, timeout=CONNECT_TIMEOUT, context=self._tls)

    def give_back(self, connection: HTTPConnection) -> None:
        """Keep a connection for the next exchange."""
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the connections that carry nothing; the others close at the end of their exchanges."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


class Exchange:
    """One request and its response."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._connection = connections.take()
        self._aborted = False

    def run(self, headers: Mapping[str, str], body: bytes, limit: int) -> Answer:
        """Send one POST to `/` and read the response, of at most `limit` bytes; in a thread. Raises one of BROKEN."""
        connection = self._connection
        try:
            if connection.sock is None:
                connection.connect()
            if connection.sock is not None:
                connection.sock.settimeout(READ_TIMEOUT)
            if self._aborted:
                raise ConnectionError("aborted")
            connection.request("POST", "/", body, dict(headers))
            response = connection.getresponse()
            if response.status < _FINAL:
                raise HTTPException("another response follows")
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                _body(response, limit),
            )
        except BaseException:
            connection.close()
            raise
        if response.isclosed() and not response.will_close:
            self._connections.give_back(connection)
        else:
            connection.close()
        return answer

    def abort(self) -> None:
        """End it from another thread: `run` raises an error."""
        self._aborted = True
        with suppress(OSError, AttributeError):
            self._connection.sock.shutdown(SHUT_RDWR)


def _is_silent(connection: HTTPConnection) -> bool:
    """Whether nothing has arrived since the last response: neither the connection's end nor what nobody asked for."""
    if connection.sock is None:
        return False
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return not poll.poll(0)


def _body(response: HTTPResponse, limit: int) -> bytes:
    """The body, or TooLarge. Raises IncompleteRead if it ends too early."""
    if response.length is not None and response.length > limit:
        return too_large(limit)
    parts: list[bytes] = []
    size = 0
    while part := response.read(CHUNK):
        size += len(part)
        if size > limit:
            return too_large(limit)
        parts.append(part)
    if response.length:
        raise IncompleteRead(b"", response.length)
    return b"".join(parts)
