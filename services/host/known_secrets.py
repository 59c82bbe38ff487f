"""Secrets that this process has met, so that whatever describes a fault can leave them out; kept in memory alone."""

import threading
from collections.abc import Iterable

MOST = 500
"""Kept; credentials that are renewed every quarter of an hour bring two each time."""

_known: dict[str, None] = {}
"""The newest last."""
_lock = threading.Lock()


def remember(texts: Iterable[object]) -> None:
    """Keep every text among `texts`; from any thread."""
    with _lock:
        for text in texts:
            if isinstance(text, str) and text:
                _known.pop(text, None)
                _known[text] = None
        while len(_known) > MOST:
            del _known[next(iter(_known))]


def known() -> tuple[str, ...]:
    """All that are kept."""
    with _lock:
        return tuple(_known)
