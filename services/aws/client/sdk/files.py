"""Imports no part of the SDK, because the SDK opens some of the files at import time."""

import io
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from services.host import known_secrets, regular_files
from services.i18n import _

FILE_VARIABLES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CA_BUNDLE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CREDENTIAL_FILE",
    "BOTO_CONFIG",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
"""Variables that name files for the SDK or TLS, other than the configuration and credential files."""
FOLDER_VARIABLE = "SSL_CERT_DIR"
"""Certificate directories, separated by colons; TLS opens the files in them by their hashes."""
WRITTEN_VARIABLE = "SSLKEYLOGFILE"  # A file that TLS writes to
USUAL = ("~/.boto", "/etc/boto.cfg")  # Files that the SDK opens by default
_HASHED = re.compile(r"[0-9a-f]{8}\.r?[0-9]+")
_SECRET = re.compile(
    r"^\s*aws_(?:secret_access_key|session_token|security_token)\s*=\s*(\S+)\s*$",
    re.MULTILINE | re.IGNORECASE,
)


class UnfitFile(ValueError):
    """A file that must not be opened; the message names it and gives the reason, in the screen's language."""


def check_variables() -> None:
    """Check the files that environment variables name; call it before importing the SDK. Raises UnfitFile."""
    for variable in FILE_VARIABLES:
        check(os.environ.get(variable), variable)
    for folder in filter(None, os.environ.get(FOLDER_VARIABLE, "").split(os.pathsep)):
        for path in _hashed(folder):
            check(path, FOLDER_VARIABLE)
    if name := os.environ.get(WRITTEN_VARIABLE):
        _check(name, WRITTEN_VARIABLE, limit=0)


def check(name: object, setting: str = "") -> None:
    """Accept a suitable file, a directory or a missing path; `setting` names its origin. Raises UnfitFile."""
    if name and isinstance(name, str):
        _check(name, setting, limit=regular_files.LIMIT)


def _check(name: str, setting: str, *, limit: int) -> None:
    if name == os.devnull:
        return
    path = regular_files.named(os.path.expandvars(name))
    try:
        regular_files.check(path, limit)
    except regular_files.Unsuitable as error:
        if not path.is_dir():  # a setting may name a certificate directory, which is harmless
            raise UnfitFile(": ".join(part for part in (setting, name, str(error)) if part)) from error
    except OSError:
        return  # the SDK reports it or ignores the file


def _hashed(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder) if _HASHED.fullmatch(name)]
    except (OSError, ValueError):
        return []


def open_token(path: str, *_mode: Any, **_options: Any) -> io.StringIO:
    """As `open`, for a file that contains only a secret. Never blocks on a pipe. Raises OSError,
    UnfitFile."""
    text = _text(path)
    known_secrets.remember([text.strip()])
    return io.StringIO(text)


def _text(path: str) -> str:
    try:
        return regular_files.read(Path(path)).decode("utf-8")
    except regular_files.Unsuitable as error:
        raise UnfitFile(f"{path}: {error}") from error
    except UnicodeDecodeError as error:
        raise UnfitFile(f"{path}: {_('is not text in UTF-8')}") from error


def remember_written() -> None:
    """Register the secrets in the user's AWS files for redaction; raises nothing."""
    variables = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
    known_secrets.remember(_written(os.environ.get(name) or usual for name, usual in variables.items()))


def _written(names: Iterable[str]) -> list[str]:
    secrets: list[str] = []
    for name in names:
        try:
            text = regular_files.read(regular_files.named(os.path.expandvars(name)))
        except (OSError, ValueError):
            continue
        secrets += _SECRET.findall(text.decode("utf-8", "replace"))
    return secrets
