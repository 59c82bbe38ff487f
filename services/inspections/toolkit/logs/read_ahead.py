"""Answers on log events that were read shortly before a scheduled run, so that the run does not wait for them.

AWS allows five FilterLogEvents requests a second, and a weekend's window takes twenty-five; where nights are quiet, up
to 600 more compare them with earlier ones (`usual_silence`). Nearly all of these times are past before the duty is due,
so that all but the newest can be asked beforehand.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.models.metrics import TimeSpan

VALID = 240.0
"""Seconds for which an answer is used: longer than reading ahead takes (`services.models.duties.PREPARED`)."""
SETTLED = timedelta(minutes=15)
"""Age that a time without events has when it is read, to be taken to stay so; events may arrive late."""

_Key = tuple[str, str, TimeSpan]
"""Region, log group, span."""


class _Answer(NamedTuple):
    has_events: bool
    read_at: float


class ReadAhead:
    """Answers of one inspection; each is used once, so that a run that a person asks for reads everything anew."""

    def __init__(self) -> None:
        self._answers: dict[_Key, _Answer] = {}

    def put(self, key: _Key, has_events: bool, elapsed: float) -> None:
        """Remember an answer read at `elapsed` (seconds of the clock)."""
        self._answers = {
            other: answer for other, answer in self._answers.items() if elapsed - answer.read_at <= VALID
        }
        self._answers[key] = _Answer(has_events, elapsed)

    def take(self, key: _Key, now: datetime, elapsed: float) -> bool | None:
        """The answer, if it can be relied on at `now`; None: ask AWS."""
        answer = self._answers.pop(key, None)
        if answer is None or elapsed - answer.read_at > VALID:
            return None
        read_at = now - timedelta(seconds=elapsed - answer.read_at)
        return answer.has_events if answer.has_events or key[2].end <= read_at - SETTLED else None
