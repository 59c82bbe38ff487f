"""The newest hash, sent where the user who writes the journal cannot take it back.

A line `toban-journal id=<journal> seq=<number> head=<hash> file=<path> host=<name>` goes to syslog (journald) with
every entry, and to a CloudWatch Logs stream, where there is one, at most once a minute and at the end. Path and
name are percent-encoded.
"""

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
EVERY = 60.0
"""Seconds (of the clock) between two lines to CloudWatch Logs."""
_PRIORITY = 10 << 3 | 5
"""Facility authpriv, severity notice."""
_LINE = re.compile(
    rf"{MARK} id=([0-9a-f]{{1,64}}) seq=(\d{{1,18}}) head=([0-9a-f]{{64}})(?: file=(\S+))?(?: host=(\S+))?"
)


class Checkpoint(NamedTuple):
    """What a line says: this journal had this hash at this entry."""

    journal: str
    seq: int
    head: str
    file: str
    """The journal's path when it was written; "" where the line does not say."""
    host: str = ""
    """The machine's name; "" where the line does not say."""
    sender: int | None = None
    """The user id that sent the line, where the log vouches for it (journald's _UID)."""
    source: str = ""
    """The log that cannot tell who sent its lines; "" for one whose word counts."""


class CheckpointStream(Protocol):
    """A log stream in AWS."""

    async def put(self, at: datetime, line: str) -> None:
        """Append one line with this time (UTC). Raises AwsError."""
        ...

    async def lines(self) -> tuple[str, ...]:
        """Every line of the stream, oldest first. Raises AwsError."""
        ...


def anchor_of(journal: str, seq: int, head: str, path: Path) -> Checkpoint:
    """What this machine says of the journal at this path."""
    return Checkpoint(journal, seq, head, str(path.absolute()), socket.gethostname())


def line_of(anchor: Checkpoint) -> str:
    """The line."""
    journal, seq, head, file, host, *_ = anchor
    said = f"{MARK} id={journal} seq={seq} head={head} file={quote(file)}"
    return f"{said} host={quote(host)}" if host else said


def checkpoint_in(line: str) -> Checkpoint | None:
    """What a line of any log says; None where it is no anchor."""
    found = _LINE.search(line)
    if found is None:
        return None
    journal, seq, head, file, host = found.groups()
    return Checkpoint(journal, int(seq), head, unquote(file or ""), unquote(host or ""))


def of_aws(error: AwsError) -> str:
    """Why the log stream could not be used."""
    return _("CloudWatch Logs: {reason}").format(reason=error.problem.summary)


class Syslog:
    """The machine's log, by a datagram that is never waited for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def send(self, line: str) -> str:
        """Send one line; why it could not be sent, or ""."""
        try:
            if self._socket is None:
                self._socket = _connected(self._path)
            self._socket.send(f"<{_PRIORITY}>{IDENT}: {line}".encode())
        except OSError as error:
            self.close()
            return _("syslog ({path}): {reason}").format(path=self._path, reason=error.strerror or error)
        return ""

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _connected(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.connect(str(path))
    except OSError:
        made.close()
        raise
    return made


class StreamFeed:
    """What a log stream in AWS knows of the journal."""

    def __init__(self, stream: CheckpointStream, clock: Clock) -> None:
        self.sent = 0
        """The newest entry whose hash is there."""
        self.problem = ""
        """Why the newest attempt failed."""
        self.stream = stream
        self._clock = clock

    async def send(self, anchor: Checkpoint) -> None:
        """Send it once; what went wrong is in `problem`."""
        try:
            await self.stream.put(self._clock.now(), line_of(anchor))
        except AwsError as error:
            self.problem = of_aws(error)
        else:
            self.sent, self.problem = anchor.seq, ""
