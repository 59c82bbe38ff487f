"""A stand-in for Slack on loopback: the methods the console uses, and faults on demand.

Every message that Slack would show is in `messages`. A fault is taken by the next request that posts:
`lost` (posted, no answer), `late` (posted, the answer hangs), `hang` (not posted, no answer), `closed` (not
posted, connection closed), `500` / `posted-500` (a server error, before or after posting), `429`, `page` (a
proxy's page with status 200), or a word of Slack's such as `invalid_auth`.
"""

import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

CHANNEL, NAME = "C0123456789", "#ops-alerts"
NOW = 1_768_352_400  # 2026-01-14 01:00:00 UTC, in seconds


@dataclass
class Slack:
    """What the stand-in holds."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[str] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    """Methods, in the order in which they were asked."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """What was asked to be posted, posted or not."""
    kind: str = "public_channel"
    """Of its only channel."""
    scopes: set[str] = field(default_factory=lambda: {"chat:write", "channels:history", "channels:read"})
    keeps_metadata: bool = True
    got: Callable[[], None] = lambda: None
    """Called when a request to post has come in, before it is answered."""
    damage: Callable[[int, bytes, dict[str, str]], tuple[int, bytes, dict[str, str]]] | None = None
    """What becomes of every answer on its way: status, body, headers."""
    hung: threading.Event = field(default_factory=threading.Event)
    """Set: requests that hang end without an answer."""

    def count(self, post: str) -> int:
        """How many messages carry this post."""
        return sum(f"toban-{post}" in message["text"] for message in self.messages)

    def add(self, body: dict[str, Any]) -> str:
        ts = f"{NOW + len(self.messages)}.{len(self.messages):06d}"
        message = {"type": "message", "bot_id": "B1", "ts": ts, "text": body["text"]}
        if "metadata" in body and self.keeps_metadata:
            message["metadata"] = body["metadata"]
        if body.get("thread_ts"):
            message["thread_ts"] = body["thread_ts"]
        self.messages.append(message)
        return ts


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """The head and the body of an answer are two writes; the second would wait 40 ms for the first one's receipt."""
    server: "_Server"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(NOW + 60)

    def do_POST(self) -> None:
        slack = self.server.slack
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        slack.asked.append(self.path.rpartition("/api/")[2])
        slack.bodies.append(body)
        slack.got()
        fault = slack.faults.popleft() if slack.faults else ""
        if fault in ("", "lost", "late", "posted-500"):
            ts = slack.add(body)
            if not fault:
                self._posted(ts)
                return
        if fault in ("late", "hang"):
            slack.hung.wait(20)
        if fault in ("lost", "late", "hang", "closed"):
            self.close_connection = True
        elif fault in ("500", "posted-500"):
            self._answer(500, {"ok": False, "error": "internal_error"})
        elif fault == "429":
            self._answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "7"})
        elif fault == "page":
            self._answer(200, "<html>proxy</html>", {"Content-Type": "text/html"})
        elif self.path.startswith("/services/"):
            self._answer(404, fault, {"Content-Type": "text/html"})
        else:
            self._answer(200, {"ok": False, "error": fault, "needed": "chat:write"})

    def _posted(self, ts: str) -> None:
        if self.path.startswith("/services/"):
            self._answer(200, "ok", {"Content-Type": "text/html"})
        else:
            self._answer(200, {"ok": True, "channel": CHANNEL, "ts": ts})

    def do_GET(self) -> None:
        slack = self.server.slack
        parts = urlsplit(self.path)
        method = parts.path.rpartition("/api/")[2]
        slack.asked.append(method)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        scope = "channels:history"
        if method == "conversations.list":
            scope = "groups:read" if "private" in query["types"] else "channels:read"
        if scope not in slack.scopes:
            self._answer(200, {"ok": False, "error": "missing_scope", "needed": scope})
        elif method == "conversations.list":
            listed = [{"id": CHANNEL, "name": NAME[1:]}] if query["types"] == slack.kind else []
            self._answer(200, {"ok": True, "channels": listed})
        elif query["channel"] != CHANNEL:
            self._answer(200, {"ok": False, "error": "channel_not_found"})
        else:
            self._messages(query)

    def _messages(self, query: dict[str, str]) -> None:
        """Two messages a page, so that everybody pages."""
        messages = self.server.slack.messages
        thread = query.get("ts")
        if thread:
            messages = [each for each in messages if thread in (each["ts"], each.get("thread_ts"))]
        else:
            messages = [each for each in reversed(messages) if "thread_ts" not in each]
        at = int(query.get("cursor", "0"))
        following = str(at + 2) if at + 2 < len(messages) else ""
        self._answer(
            200,
            {"ok": True, "messages": messages[at : at + 2], "response_metadata": {"next_cursor": following}},
        )

    def _answer(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.server.slack.damage is not None:
            status, content, sent = self.server.slack.damage(status, content, sent)
        self.send_response(status)
        headers = {"Content-Length": str(len(content)), **sent}
        for name, value in headers.items():
            self.send_header(name, value)
        # Whoever waits for more than there is hears that there is no more, not only that it takes too long.
        self.close_connection = self.close_connection or headers["Content-Length"] != str(len(content))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.slack = Slack()

    def handle_error(self, request: object, client_address: object) -> None:
        """The console may have gone before the answer."""


class SlackServer:
    """`with SlackServer() as server:`; `reset` begins anew."""

    def __init__(self) -> None:
        self._server = _Server()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def slack(self) -> Slack:
        return self._server.slack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self, *, webhook: bool = False) -> dict[str, str]:
        """What leads a console here."""
        if webhook:
            return {"TOBAN_SLACK_WEBHOOK": f"{self.url}/services/T1/B1/secret"}
        return {"TOBAN_SLACK_TOKEN": "xoxb-secret", "TOBAN_SLACK_URL": self.url}

    def reset(self) -> Slack:
        self.slack.hung.set()
        self._server.slack = Slack()
        return self._server.slack

    def __enter__(self) -> "SlackServer":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.slack.hung.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
