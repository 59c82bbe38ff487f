"""Reads the journal's hashes from external logs: journald, syslog's files, a stream in AWS, a saved file."""

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
from services.i18n import _, sentences
from services.journal.anchors.checkpoints import IDENT, Checkpoint, CheckpointStream, checkpoint_in, of_aws

SYSLOG_FILES = tuple(Path("/var/log") / name for name in ("auth.log", "secure", "syslog", "messages"))
_PATIENCE = 60  # Time-out in seconds for journald


class ExternalHashes(NamedTuple):
    checkpoints: tuple[Checkpoint, ...] = ()
    note: str = ""  # In words: what could not be read, or that there are no hashes
    is_configured: bool = False  # A person named the source, so it should contain hashes of this journal


def machine_log() -> ExternalHashes:
    """From journald, otherwise from syslog's files, as far as this user may read them."""
    checkpoints, troubles = _journald()
    if not checkpoints:
        for path in (each for name in SYSLOG_FILES for each in _rotated(name)):
            try:
                # Any user may send a line to syslog, and the file does not record who did.
                checkpoints = (
                    *checkpoints,
                    *(checkpoint._replace(source=str(path)) for checkpoint in _in_file(path)),
                )
            except (OSError, EOFError, zlib.error) as error:
                troubles = (*troubles, f"{path}: {getattr(error, 'strerror', None) or error}")
    if checkpoints:
        return ExternalHashes(checkpoints)
    return ExternalHashes(note=_("; ").join(troubles) or _("No log on this machine contains a journal hash."))


def from_file(path: Path) -> ExternalHashes:
    """From a file that contains the lines among others, such as a copy of syslog. Raises OSError."""
    checkpoints = _in_file(path)
    note = "" if checkpoints else _("The file contains no journal hash.")
    return ExternalHashes(checkpoints, note, is_configured=True)


async def in_stream(stream: CheckpointStream) -> ExternalHashes:
    try:
        checkpoints = _checkpoints(await stream.lines())
    except AwsError as error:
        return ExternalHashes(note=of_aws(error))
    return ExternalHashes(
        checkpoints, "" if checkpoints else _("The CloudWatch Logs stream contains no journal hash.")
    )


def together(*parts: ExternalHashes) -> ExternalHashes:
    return ExternalHashes(
        tuple(checkpoint for part in parts for checkpoint in part.checkpoints),
        sentences(*(part.note for part in parts)),
        any(part.is_configured for part in parts),
    )


def _rotated(path: Path) -> list[Path]:
    """The log and its rotated parts (`syslog.1`, `syslog.2.gz`, `secure-20260104`), as far as they exist."""
    return sorted(path.parent.glob(f"{path.name}*"))


def _in_file(path: Path) -> tuple[Checkpoint, ...]:
    regular_file.check(path)
    with open(path, "rb", opener=regular_file.opener) as file:
        content = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        with TextIOWrapper(content, encoding="utf-8", errors="replace") as lines:
            return _checkpoints(lines)


def _checkpoints(lines: Iterable[str]) -> tuple[Checkpoint, ...]:
    checkpoints = (checkpoint_in(line) for line in lines)
    # Interned: there are many lines about few journals.
    return tuple(
        each._replace(journal=intern(each.journal), file=intern(each.file)) for each in checkpoints if each
    )


def _journald() -> tuple[tuple[Checkpoint, ...], tuple[str, ...]]:
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
    checkpoints = tuple(filter(None, map(_in_entry, answer.stdout.splitlines())))
    errors = answer.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
    return checkpoints, tuple(f"journald: {line}" for line in errors)


def _in_entry(line: bytes) -> Checkpoint | None:
    """The checkpoint in a journald entry, with its sender: the kernel sets `_UID`, but any user can write MESSAGE."""
    try:
        entry = json.loads(line)
        checkpoint = checkpoint_in(entry["MESSAGE"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if checkpoint is None:
        return None
    uid = str(entry.get("_UID", ""))
    has_sender = uid.isascii() and uid.isdigit()
    return checkpoint._replace(
        sender=int(uid) if has_sender else None, source="" if has_sender else "journald"
    )
