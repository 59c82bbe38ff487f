"""Describes an internal error for the screen and the debug log: kind and place, never a local variable.
Textual's own crash screen prints the locals of every frame, which may contain credentials."""

import os
import re
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from services.host.known_secrets import OWN_VARIABLES, all_secrets
from services.models.text import clean, clean_block

HIDDEN = "***"
ENVIRONMENT_SECRETS = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    *OWN_VARIABLES,
)
_PASSWORD = re.compile(r"(://)[^/@\s]+@")
_INPUT = re.compile(r", input_value=.*, input_type=")
"""The invalid value quoted by pydantic, which may be part of a response."""
_LINE_LIMIT = 1000
_TEXT_LIMIT = 32_768
# A shorter "secret" would blank ordinary words.
_SHORTEST = 8


@dataclass(slots=True)
class Bug:
    summary: str  # Kind, message and place in one cleaned line
    text: str  # The traceback, cleaned, without locals
    count: int = 1


def environment_secrets() -> Iterator[str]:
    for name in ENVIRONMENT_SECRETS:
        if value := os.environ.get(name):
            yield value


def without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without secrets: those in `secrets`, in the environment, and all that this process has loaded."""
    plain = {*secrets, *environment_secrets(), *all_secrets()}
    # Quoted as in a URL. The longest first, because one may contain another.
    forms = plain | {quote(each, safe="") for each in plain}
    for secret in sorted((each for each in forms if len(each) >= _SHORTEST), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _PASSWORD.sub(rf"\1{HIDDEN}@", text)


def crash_text(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """The traceback of `error` as safe lines: no locals, no control characters, no known secret."""
    described = traceback.TracebackException.from_exception(error, capture_locals=False, compact=True)
    lines = without_secrets(_INPUT.sub(", input_type=", "".join(described.format())), secrets).splitlines()
    return clean_block("\n".join(line[:_LINE_LIMIT] for line in lines), _TEXT_LIMIT)


def crash_summary(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """`ValueError: … (alarms.py:31, board)`: one safe line."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    place = f" ({os.path.basename(last.filename)}:{last.lineno}, {last.name})" if last else ""
    message = " ".join(_INPUT.sub(", input_type=", str(error)).split())
    return clean(without_secrets(f"{type(error).__name__}: {message}", secrets), 200) + clean(place)


def crash_site(error: BaseException) -> tuple[str, str, int]:
    """Kind and place of `error`; the same for repetitions of one error."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return type(error).__name__, last.filename if last else "", (last.lineno or 0) if last else 0
