"""A server on loopback that keeps every byte that it receives, and passes them on or answers itself."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class RecordingServer:
    """`with recording(url) as server:` stands in for `url`."""

    def __init__(self, address: str, answer: Callable[[bytes], bytes]) -> None:
        self._behind = urlsplit(address)
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._received: list[bytearray] = []

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def received(self) -> list[bytes]:
        """What each connection has sent so far."""
        with self._lock:
            return [bytes(each) for each in self._received]

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                content = bytearray()
                with self._lock:
                    self._received.append(content)
                threading.Thread(target=self._converse, args=(client, content), daemon=True).start()

    def close(self) -> None:
        # Closing alone does not wake `accept`.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _converse(self, client: socket.socket, content: bytearray) -> None:
        with client, suppress(OSError):
            if not self._behind.hostname:
                while part := client.recv(65536):
                    self._keep(content, part)
                    client.sendall(self._answer(part))
                return
            with socket.create_connection((self._behind.hostname, self._behind.port or 80)) as server:
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                while part := client.recv(65536):
                    self._keep(content, part)
                    server.sendall(part)
                server.shutdown(socket.SHUT_WR)
                back.join()

    def _keep(self, content: bytearray, part: bytes) -> None:
        with self._lock:
            content += part


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)


def refused(_part: bytes) -> bytes:
    """What a web server answers that has nothing."""
    return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def recording(address: str = "", answer: Callable[[bytes], bytes] = refused) -> Iterator[RecordingServer]:
    """A running server before the one at `address`, or with answers of its own to each piece that it receives."""
    server = RecordingServer(address, answer)
    threading.Thread(target=server.serve, daemon=True).start()
    try:
        yield server
    finally:
        server.close()
