"""What the SDK cannot begin with (addresses, files, variables of this machine) becomes an error it would raise itself."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError
from dateutil.parser import parse

from services import regular_file
from services.i18n import _

EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
FILE_VARIABLES = (
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CA_BUNDLE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "SSL_CERT_FILE",
)
"""Variables by which the SDK is led to files, beside the configuration and the credentials."""


class SetupError(BotoCoreError):  # type: ignore[misc]  # the SDK ships no types
    """The settings of this machine cannot be used; the message is the SDK's or names a file."""

    fmt = "{reason}"


@contextmanager
def in_words() -> Iterator[None]:
    """The SDK complains of settings with any of Python's own errors. Raises SetupError."""
    try:
        yield
    except (ValueError, TypeError, OverflowError) as error:
        raise SetupError(reason=str(error) or type(error).__name__) from error


def check_expiration() -> None:
    """Of a time without a zone the SDK cannot tell whether it has passed. Raises SetupError."""
    if text := os.environ.get(EXPIRATION):
        with in_words():
            if parse(text).tzinfo is None:
                said = _("must be a time with its zone, such as 2026-01-05T08:00:00Z")
                raise ValueError(f"{EXPIRATION}: {said}")


def check_files(named: Iterable[str]) -> None:
    """The SDK would wait for a pipe for ever, and read a device without end. Raises SetupError."""
    for name in (*named, *(os.environ.get(variable) for variable in FILE_VARIABLES)):
        if not name or name == os.devnull:
            continue
        path = Path(os.path.expandvars(name)).expanduser()
        try:
            regular_file.check(path, regular_file.LIMIT)
        except regular_file.Unsuitable as error:
            if not path.is_dir():  # a folder of certificates may be named, and a folder does no harm
                raise SetupError(reason=f"{name}: {error}") from error
        except OSError:
            continue  # the SDK says so, or does without
