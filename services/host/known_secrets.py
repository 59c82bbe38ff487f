"""Secrets seen by this process, kept in memory only, so that they can be removed from crash reports."""

import threading
from collections.abc import Iterable

OWN_VARIABLES = ("TOBAN_SLACK_TOKEN", "TOBAN_SLACK_WEBHOOK", "TOBAN_GITHUB_TOKEN")
"""Variables with secrets that are for this program alone, not for those that it starts."""
MOST = 500  # Maximum number of secrets kept; each renewal of credentials (every quarter of an hour) adds two

_known: dict[str, None] = {}  # In order of insertion, the newest last
_lock = threading.Lock()


def remember(texts: Iterable[object]) -> None:
    with _lock:
        for text in texts:
            if isinstance(text, str) and text:
                _known.pop(text, None)
                _known[text] = None
        while len(_known) > MOST:
            del _known[next(iter(_known))]


def all_secrets() -> tuple[str, ...]:
    with _lock:
        return tuple(_known)
