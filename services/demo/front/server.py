import sys
import threading
import traceback
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from services.demo.front.app import Front

POLL = 0.02
"""Seconds until `stop` is noticed."""


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, as AWS sends a short answer

    def log_request(self, code: Any = "-", size: Any = "-") -> None: ...

    def log_error(self, format: str, *args: Any) -> None:
        """Print nothing; a request that is no HTTP is the client's mistake."""


class Server(ThreadedWSGIServer):
    """One front on 127.0.0.1; `failures` holds the tracebacks of bugs in our handlers, for tests."""

    def __init__(self, front: Front, port: int = 0) -> None:
        super().__init__("127.0.0.1", port, front, _Handler)
        self.front = front
        self.failures: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self, type: str, message: str, *args: Any) -> None:
        self.failures.append(message % args if args else message)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Called in an `except`; a connection that a fault has cut is no failure."""
        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            self.failures.append(traceback.format_exc())

    def start(self, poll: float = POLL) -> threading.Thread:
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": poll}, name="embedded-aws", daemon=True
        )
        thread.start()
        return thread

    def stop(self) -> None:
        self.front.close()
        self.shutdown()
