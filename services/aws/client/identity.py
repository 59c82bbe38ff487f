"""Source: GetCallerIdentity (AWS STS API reference); the SDK's credential files."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.models.identity import Identity

Stamp = tuple[tuple[str, int, int], ...]
"""(path, modification time in ns, size) of every credential file that exists."""


def identity_of(answer: dict[str, Any], method: str, expires_at: datetime | None) -> Identity:
    arn = str(answer["Arn"])
    return Identity(
        account=str(answer["Account"]),
        arn=arn,
        name=arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1],
        method=method,
        expires_at=expires_at.astimezone(UTC) if expires_at else None,
    )


def credential_files(named: Iterable[str]) -> tuple[Path, ...]:
    """`named` (the SDK's configuration and credential files) plus the AWS CLI's sign-in caches."""
    home = Path("~/.aws").expanduser()
    caches = ("sso/cache", "cli/cache", "login/cache")
    files = [Path(os.path.expandvars(name)).expanduser() for name in named if name]
    for cache in caches:
        files += sorted((home / cache).glob("*.json"))
    return tuple(files)


def stamp(files: Iterable[Path]) -> Stamp:
    marks = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        marks.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(marks)
