"""Reads what logs outside the journal say of it: journald, syslog's files, a stream in AWS, a file somebody kept."""

import gzip
import json
import subprocess
import zlib
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path
from sys import intern
from typing import NamedTuple

from services.aws.client.errors import AwsError
from services.host import regular_files as regular_file
from services.host.programs import program
from services.i18n import _
from services.journal.checkpoints import IDENT, Checkpoint, CheckpointStream, checkpoint_in, of_aws

SYSLOG_FILES = tuple(Path("/var/log") / name for name in ("auth.log", "secure", "syslog", "messages"))
_PATIENCE = 60
"""Seconds that journald may take."""


class ExternalHashes(NamedTuple):
    """The hashes that were found outside."""

    anchors: tuple[Checkpoint, ...] = ()
    note: str = ""
    """What could not be read, or that nothing was found, in words."""
    given: bool = False
    """A person named where they are, so they must speak of the journal."""


def machine_log() -> ExternalHashes:
    """From journald, or else from syslog's files, as far as this user may read them."""
    found, troubles = _journald()
    if not found:
        for path in (each for name in SYSLOG_FILES for each in _rotated(name)):
            try:
                # Anybody may send a line to syslog, and the file does not tell who did.
                found = (*found, *(anchor._replace(source=str(path)) for anchor in _in_file(path)))
            except (OSError, EOFError, zlib.error) as error:
                troubles = (*troubles, f"{path}: {getattr(error, 'strerror', None) or error}")
    if found:
        return ExternalHashes(found)
    return ExternalHashes(note="; ".join(troubles) or _("No log of this machine holds a hash of a journal."))


def from_file(path: Path) -> ExternalHashes:
    """From a file that holds the lines among others, e.g. a copy of syslog. Raises OSError."""
    found = _in_file(path)
    note = "" if found else _("The file holds no hash of a journal.")
    return ExternalHashes(found, note, given=True)


async def in_stream(stream: CheckpointStream) -> ExternalHashes:
    """From a log stream in AWS."""
    try:
        found = _anchors(await stream.lines())
    except AwsError as error:
        return ExternalHashes(note=of_aws(error))
    return ExternalHashes(found, "" if found else _("The CloudWatch Logs stream holds no hash of a journal."))


def together(*parts: ExternalHashes) -> ExternalHashes:
    """What several have said."""
    return ExternalHashes(
        tuple(anchor for part in parts for anchor in part.anchors),
        " ".join(part.note for part in parts if part.note),
        any(part.given for part in parts),
    )


def _rotated(path: Path) -> list[Path]:
    """The log and its older parts (`syslog.1`, `syslog.2.gz`, `secure-20260104`), as far as there are any."""
    return sorted(path.parent.glob(f"{path.name}*"))


def _in_file(path: Path) -> tuple[Checkpoint, ...]:
    regular_file.check(path)
    with open(path, "rb", opener=regular_file.opener) as file:
        content = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        with TextIOWrapper(content, encoding="utf-8", errors="replace") as lines:
            return _anchors(lines)


def _anchors(lines: Iterable[str]) -> tuple[Checkpoint, ...]:
    found = (checkpoint_in(line) for line in lines)
    # Many lines, few journals.
    return tuple(
        each._replace(journal=intern(each.journal), file=intern(each.file)) for each in found if each
    )


def _journald() -> tuple[tuple[Checkpoint, ...], tuple[str, ...]]:
    """The anchors, and why they could not be read."""
    command = program("journalctl")
    if command is None:
        return (), ()
    try:
        answer = subprocess.run(
            [command, "--quiet", "--no-pager", "--output=json", f"--identifier={IDENT}"],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), (f"journald: {error}",)
    found = tuple(filter(None, map(_in_entry, answer.stdout.splitlines())))
    said = answer.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
    return found, tuple(f"journald: {line}" for line in said)


def _in_entry(line: bytes) -> Checkpoint | None:
    """What an entry of journald's says, and who sent it: `_UID` is the kernel's word, MESSAGE is anybody's."""
    try:
        entry = json.loads(line)
        anchor = checkpoint_in(entry["MESSAGE"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if anchor is None:
        return None
    uid = str(entry.get("_UID", ""))
    known = uid.isascii() and uid.isdigit()
    return anchor._replace(sender=int(uid) if known else None, source="" if known else "journald")
