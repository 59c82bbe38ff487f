"""The present evidence of an open incident: one reading for the screen, the causes and the judgement of recovery.

A later reading may lack what AWS forgets (stopped tasks after an hour, pages of logs and of events that were not read),
and sources that fail; `with_captured` adds what was read before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.clock import Clock
from services.i18n import _
from services.incidents.first_wave.sources import REQUESTS, SOURCES
from services.incidents.first_wave.wave import ReadWave
from services.models.first_wave import (
    FIELDS,
    STATES,
    IncidentEvidence,
    LogEntry,
    LogSample,
    Source,
    SourceReading,
)
from services.models.incidents import Incident
from services.models.problem import ProblemKind

EVERY = 60.0
"""Seconds between two readings of one incident, however many ask."""
AGAIN = 25.0
"""Seconds after the beginning of a reading from which the sources that failed are asked again."""
_MOST = REQUESTS * 3 // 2
"""Requests until the next whole reading, which comes later by what was asked again: REQUESTS a minute on average."""
_PASSING = frozenset(
    {ProblemKind.UNREACHABLE, ProblemKind.THROTTLED, ProblemKind.UNAVAILABLE, ProblemKind.INCOMPLETE, ProblemKind.FAULT}
)  # fmt: skip
"""Problems that may be gone after seconds; a missing permission is not."""

ReadAgain = Callable[[IncidentEvidence, frozenset[Source]], Awaitable[IncidentEvidence]]
"""Reads some sources of an earlier wave anew; raises nothing but cancellation."""


@dataclass(slots=True)
class _Newest:
    """The newest reading of an incident."""

    evidence: IncidentEvidence
    began: float
    """When it began, by the clock's `elapsed`."""
    asked: float
    """When its sources, or some of them, were last asked."""

    @property
    def lacking(self) -> frozenset[Source]:
        """The sources to be asked again before the next whole reading; none where that would be too many requests."""
        failed = {
            reading.source
            for reading in self.evidence.readings
            if reading.problem is not None and reading.problem.kind in _PASSING
        }
        cost = sum(SOURCES[source].requests for source in failed)
        return frozenset(failed) if self.evidence.requests + cost <= _MOST else frozenset()

    @property
    def next_whole(self) -> float:
        return self.began + EVERY * max(1.0, self.evidence.requests / REQUESTS)

    @property
    def next(self) -> float:
        """When there is something to be read, by the clock's `elapsed`."""
        return min(self.next_whole, self.asked + AGAIN) if self.lacking else self.next_whole


class LiveEvidence:
    """Reads the first wave again for whoever looks at an incident."""

    def __init__(self, read: ReadWave, clock: Clock, read_again: ReadAgain | None = None) -> None:
        """Without `read_again` a source that failed is read with all others."""
        self._read = read
        self._read_again = read_again
        self._clock = clock
        self._newest: dict[str, _Newest] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, incident: Incident, *, at_once: bool = False) -> IncidentEvidence:
        """A reading at most EVERY seconds old, or a little more after some sources were asked twice.

        `at_once`: a new one, as a person asked for it.
        """
        lock = self._locks.setdefault(incident.id, asyncio.Lock())
        asked_at = self._clock.elapsed()
        async with lock:
            newest = self._newest.get(incident.id)
            # Whoever waited for a reading that began after the question has it.
            if newest is not None and (
                newest.asked >= asked_at or (not at_once and asked_at < self._next(newest))
            ):
                return newest.evidence
            began = self._clock.elapsed()
            if newest is None or at_once or began >= newest.next_whole or self._read_again is None:
                newest = _Newest(await self._read(incident), began, began)
            else:
                again = await self._read_again(newest.evidence, newest.lacking)
                newest = _Newest(_counted(again, newest.evidence, newest.lacking), newest.began, began)
            self._newest[incident.id] = newest
            return newest.evidence

    def _next(self, newest: _Newest) -> float:
        return newest.next if self._read_again is not None else newest.next_whole

    def wait(self, incident: Incident) -> float:
        """Seconds until there is something to be read anew."""
        newest = self._newest.get(incident.id)
        return max(1.0, self._next(newest) - self._clock.elapsed()) if newest is not None else 0.0

    def newest(self, incident: Incident) -> IncidentEvidence | None:
        """The newest reading; None if there is none yet."""
        newest = self._newest.get(incident.id)
        return newest.evidence if newest is not None else None

    def forget(self, keep: set[str]) -> None:
        """Drop the readings of all other incidents."""
        for id in self._newest.keys() - keep:
            self._newest.pop(id, None)
            self._locks.pop(id, None)


def _counted(
    again: IncidentEvidence, before: IncidentEvidence, sources: Iterable[Source]
) -> IncidentEvidence:
    """A reading with the requests of both attempts."""
    asked = {each.source: each.requests for each in before.readings if each.source in sources}
    readings = tuple(
        each.model_copy(update={"requests": each.requests + asked.get(each.source, 0)})
        for each in again.readings
    )
    return again.model_copy(update={"readings": readings})


def with_captured(
    live: IncidentEvidence, captured: IncidentEvidence, *, is_over: bool = False
) -> IncidentEvidence:
    """The newest reading, with what has happened according to an earlier one, and its answers where `live` has none.

    `is_over`: the trouble has ended, so that the states that may have caused it are those of `captured`.
    """
    fields: dict[str, Any] = {}
    readings: list[SourceReading] = []
    for reading in live.readings:
        earlier = captured.reading(reading.source)
        if earlier is None or not earlier.is_read:
            readings.append(reading)
            continue
        is_lost = reading.problem is not None
        if is_lost or (is_over and reading.source in STATES):
            fields |= {name: getattr(captured, name) for name in FIELDS.get(reading.source, ())}
        readings.append(_earlier(earlier, reading, captured.ended) if is_lost else reading)
    own = live.belongings.with_earlier(captured.belongings) if live.belongings else captured.belongings
    both = live.model_copy(update={**fields, "readings": tuple(readings)})
    return both.model_copy(
        update={
            "answers": live.answers or captured.answers,
            "belongings": own,
            "stopped_tasks": _rows(live.stopped_tasks, captured.stopped_tasks),
            "deployments": _rows(live.deployments, captured.deployments),
            "revisions": _rows(live.revisions, captured.revisions),
            "activities": _rows(live.activities, captured.activities, "at", "description"),
            "database_events": _rows(live.database_events, captured.database_events, "at", "message"),
            "writes": _rows(live.writes, captured.writes),
            "application_errors": _sample(live.application_errors, captured.application_errors),
            "database_lines": _sample(live.database_lines, captured.database_lines),
            # An alarm that was not among those read last does not tell what it watches.
            "alarm": live.alarm if live.alarm.queries else captured.alarm,
            "own_log": _sample(live.own_log, captured.own_log),
        }
    )


def _earlier(earlier: SourceReading, failed: SourceReading, at: datetime) -> SourceReading:
    """The reading of a source whose newest failed: what it did not show then may be there now."""
    why = failed.problem.summary if failed.problem is not None else ""
    text = _("Read earlier, not since: {why}").format(why=why)
    return earlier.model_copy(update={"cut": text, "as_of": earlier.as_of or at, "requests": failed.requests})


def _rows(live: Sequence[Any], captured: Sequence[Any], *names: str) -> tuple[Any, ...]:
    """The rows of both, each once, the newest first; a row is known by its id, or by the fields of these names."""

    def key(row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names or ("id",))

    keys = {key(row) for row in live}
    return (*live, *(row for row in captured if key(row) not in keys))


def _sample(live: LogSample | None, captured: LogSample | None) -> LogSample | None:
    if live is None or captured is None or live.group != captured.group:
        return live or captured
    lines = dict.fromkeys((*captured.lines, *live.lines))
    return live.model_copy(update={"lines": tuple(sorted(lines, key=_at))})


def _at(line: LogEntry) -> float:
    return line.at.timestamp()
