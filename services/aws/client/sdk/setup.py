"""Checks the machine's AWS settings (endpoints, files, variables) and reports unusable ones as an SDK error."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from dateutil.parser import parse

from services.aws.client.sdk import files
from services.i18n import _

EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
_CONFIGURATION = ("config_file", "credentials_file")  # The SDK's names for its two files
_OF_PROFILE = ("web_identity_token_file", "ca_bundle")  # Keys of a profile that name files


class SetupError(BotoCoreError):
    """The AWS settings of this machine are unusable; the message is the SDK's or names a file."""

    fmt = "{reason}"


@contextmanager
def in_words() -> Iterator[None]:
    """Convert the built-in exceptions that the SDK raises for bad settings. Raises SetupError."""
    try:
        yield
    except (ValueError, TypeError, OverflowError) as error:
        raise SetupError(reason=str(error) or type(error).__name__) from error


def check_expiration() -> None:
    """Reject an expiration without a UTC offset, which the SDK cannot compare. Raises SetupError."""
    if text := os.environ.get(EXPIRATION):
        with in_words():
            if parse(text).tzinfo is None:
                requirement = _("must be a time with its zone, such as 2026-01-05T08:00:00Z")
                raise ValueError(f"{EXPIRATION}: {requirement}")


def check_files(session: Any) -> None:
    """Reject pipes and devices, on which the SDK would block forever. Raises SetupError."""
    with in_words():
        files.check_variables()
        for name in (*(session.get_config_variable(key) for key in _CONFIGURATION), *files.USUAL):
            files.check(name)
        for profile, settings in _profiles(session):
            for key in _OF_PROFILE:
                files.check(settings.get(key), f"[{profile}] {key}")


def _profiles(session: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    profiles = session.full_config.get("profiles") or {}
    name, visited = session.get_config_variable("profile") or "default", set()
    while isinstance(name, str) and name not in visited and isinstance(profiles.get(name), dict):
        yield name, profiles[name]
        visited.add(name)
        name = profiles[name].get("source_profile")
