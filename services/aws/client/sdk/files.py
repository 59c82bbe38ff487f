"""The files that the AWS SDK opens because a setting names them: regular ones of a bounded size, or none of it begins.

Imports no part of the SDK, which opens some of them while it is imported.
"""

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
"""Variables by which the SDK, and TLS below it, are led to files, beside the configuration and the credentials."""
FOLDER_VARIABLE = "SSL_CERT_DIR"
"""Folders with certificates, which TLS opens by their hashes, parted by colons."""
WRITTEN_VARIABLE = "SSLKEYLOGFILE"
"""A file to which TLS writes."""
USUAL = ("~/.boto", "/etc/boto.cfg")
"""What the SDK opens though no setting names it."""
_HASHED = re.compile(r"[0-9a-f]{8}\.r?[0-9]+")
_SECRET = re.compile(
    r"^\s*aws_(?:secret_access_key|session_token|security_token)\s*=\s*(\S+)\s*$",
    re.MULTILINE | re.IGNORECASE,
)


class UnfitFile(ValueError):
    """A file that is not opened; the message names it and says why, in the screen's language."""


def check_variables() -> None:
    """Look at what the variables lead to; done before the SDK is imported. Raises UnfitFile."""
    for variable in FILE_VARIABLES:
        check(os.environ.get(variable), variable)
    for folder in filter(None, os.environ.get(FOLDER_VARIABLE, "").split(os.pathsep)):
        for path in _hashed(folder):
            check(path, FOLDER_VARIABLE)
    if name := os.environ.get(WRITTEN_VARIABLE):
        _check(name, WRITTEN_VARIABLE, limit=0)


def check(name: object, setting: str = "") -> None:
    """`name` may be opened, is a folder, or is not there; `setting` is where it stands. Raises UnfitFile."""
    if name and isinstance(name, str):
        _check(name, setting, limit=regular_files.LIMIT)


def _check(name: str, setting: str, *, limit: int) -> None:
    if name == os.devnull:
        return
    path = regular_files.named(os.path.expandvars(name))
    try:
        regular_files.check(path, limit)
    except regular_files.Unsuitable as error:
        if not path.is_dir():  # a folder of certificates may be named, and a folder does no harm
            raise UnfitFile(": ".join(part for part in (setting, name, str(error)) if part)) from error
    except OSError:
        return  # the SDK says so, or does without


def _hashed(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in os.listdir(folder) if _HASHED.fullmatch(name)]
    except (OSError, ValueError):
        return []


def open_token(path: str, *_mode: Any, **_options: Any) -> io.StringIO:
    """The text of a file that holds a secret and nothing else, as `open` would give it for reading.

    Without waiting for a pipe. Raises OSError, UnfitFile.
    """
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
    """Get to know the secrets that stand in the AWS files of this person; reads files, and raises nothing."""
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
