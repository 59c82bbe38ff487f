from datetime import datetime, timedelta

from services.changes.rds.state import ReadState
from services.models.watches import Progress, Watch, WatchState

AFTER_WINDOW = timedelta(hours=3)
"""How long after its window a change is still expected to end; a window bounds the beginning only."""
UNKNOWN_WINDOW = timedelta(days=8)
"""How long a change is followed that waits for an unknown window, which comes once a week."""
EVERY = 30.0  # Real seconds between reads


def watch(state: ReadState, ends_when: str, *, lasts: timedelta, in_window: bool) -> Watch:
    begins, ends = _times(state, lasts) if in_window else (None, state.at + lasts)
    return Watch(ends_when=ends_when, every=EVERY, begins_at=begins, gives_up_at=ends)


def _times(state: ReadState, lasts: timedelta) -> tuple[datetime | None, datetime]:
    window = state.next_window
    if window is None:
        return None, state.at + UNKNOWN_WINDOW
    start, end = window
    return max(start, state.at), end + max(AFTER_WINDOW, lasts)


def running(text: str, percent: int | None = None) -> Progress:
    return Progress(state=WatchState.RUNNING, text=text, percent=percent)


def done(text: str) -> Progress:
    return Progress(state=WatchState.DONE, text=text, percent=100)


def withdrawn(text: str) -> Progress:
    return Progress(state=WatchState.WITHDRAWN, text=text)


def failed(text: str) -> Progress:
    return Progress(state=WatchState.FAILED, text=text)
