"""Sends the newest hash to logs that the user who writes the journal cannot change afterwards. A line
`toban-journal id=<journal> seq=<number> head=<hash> file=<path> host=<name>` is sent to syslog (journald)
with every entry, and to a CloudWatch Logs stream, if configured, at most once a minute and at the end. Path
and name are percent-encoded."""

import re
import socket
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote

from services.aws.client.errors import AwsError
from services.clock import Clock
from services.i18n import _

DEV_LOG = Path("/dev/log")
IDENT = "toban"
MARK = "toban-journal"
EVERY = 60.0  # Seconds (of the clock) between lines to CloudWatch Logs
_PRIORITY = 10 << 3 | 5  # Facility authpriv, severity notice
_LINE = re.compile(
    rf"{MARK} id=([0-9a-f]{{1,64}}) seq=(\d{{1,18}}) head=([0-9a-f]{{64}})(?: file=(\S+))?(?: host=(\S+))?"
)


class Checkpoint(NamedTuple):
    """The content of one line: the hash of this journal at this entry."""

    journal: str
    seq: int
    head: str
    file: str  # The journal's path at that time; "" if the line does not contain it
    host: str = ""  # The machine's name; "" if the line does not contain it
    sender: int | None = None  # The user id of the line's sender, if the log vouches for it (journald's _UID)
    source: str = ""  # The log's name if it does not record who sent its lines; otherwise ""


class CheckpointStream(Protocol):
    async def put(self, at: datetime, line: str) -> None:
        """Append one line with this time (UTC). Raises AwsError."""
        ...

    async def lines(self) -> tuple[str, ...]:
        """Every line of the stream, oldest first. Raises AwsError."""
        ...


def checkpoint_of(journal: str, seq: int, head: str, path: Path) -> Checkpoint:
    return Checkpoint(journal, seq, head, str(path.absolute()), socket.gethostname())


def line_of(checkpoint: Checkpoint) -> str:
    journal, seq, head, file, host, *_ = checkpoint
    line = f"{MARK} id={journal} seq={seq} head={head} file={quote(file)}"
    return f"{line} host={quote(host)}" if host else line


def checkpoint_in(line: str) -> Checkpoint | None:
    match = _LINE.search(line)
    if match is None:
        return None
    journal, seq, head, file, host = match.groups()
    return Checkpoint(journal, int(seq), head, unquote(file or ""), unquote(host or ""))


def of_aws(error: AwsError) -> str:
    return _("CloudWatch Logs: {reason}", reason=error.problem.summary)


class Syslog:
    """The machine's log; lines are sent as datagrams, so sending never blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def send(self, line: str) -> str:
        """Send one line. Returns why it failed; "" on success."""
        try:
            if self._socket is None:
                self._socket = _connected(self._path)
            self._socket.send(f"<{_PRIORITY}>{IDENT}: {line}".encode())
        except OSError as error:
            self.close()
            return _("syslog ({path}): {reason}", path=self._path, reason=error.strerror or error)
        return ""

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connected(path: Path) -> socket.socket:
    datagram_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        datagram_socket.setblocking(False)
        datagram_socket.connect(str(path))
    except OSError:
        datagram_socket.close()
        raise
    return datagram_socket


class StreamFeed:
    def __init__(self, stream: CheckpointStream, clock: Clock) -> None:
        self.sent = 0  # The newest entry whose hash is in the stream
        self.problem = ""  # Why the last attempt failed
        self.stream = stream
        self._clock = clock

    async def send(self, checkpoint: Checkpoint) -> None:
        try:
            await self.stream.put(self._clock.now(), line_of(checkpoint))
        except AwsError as error:
            self.problem = of_aws(error)
        else:
            self.sent, self.problem = checkpoint.seq, ""
