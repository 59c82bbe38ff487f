"""The present evidence of an open incident: one reading for the screen, the causes and the judgement of
recovery. A later reading may lack what AWS forgets (stopped tasks after an hour, pages of logs and of events
that were not read), and sources that fail; `with_captured` adds what was read before."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.clock import Clock
from services.i18n import _
from services.incidents.first_wave.sources import SOURCES, ReadWave
from services.models.first_wave import STATES, IncidentEvidence, LogSample, Source, SourceReading
from services.models.incidents import Incident
from services.models.problem import ProblemKind

EVERY = 60.0  # Seconds between two readings of one incident, however many ask
AGAIN = 30.0
"""Seconds after which the sources that failed are asked again, alone: once between two readings of all."""
_PASSING = frozenset(
    {ProblemKind.UNREACHABLE, ProblemKind.THROTTLED, ProblemKind.UNAVAILABLE, ProblemKind.INCOMPLETE, ProblemKind.FAULT}
)  # fmt: skip
"""Problems that may be gone after seconds; a missing permission is not."""

ReadAgain = Callable[[IncidentEvidence, frozenset[Source]], Awaitable[IncidentEvidence]]
"""Reads some sources of an earlier wave anew; raises nothing but cancellation."""


@dataclass(frozen=True, slots=True)
class _Newest:
    evidence: IncidentEvidence
    began: float  # When all sources were last asked, by the clock's `elapsed`
    asked: float  # When some of them were

    @property
    def lacking(self) -> frozenset[Source]:
        problems = ((reading.source, reading.problem) for reading in self.evidence.readings)
        return frozenset(source for source, problem in problems if problem and problem.kind in _PASSING)

    @property
    def next(self) -> float:
        return min(self.began + EVERY, self.asked + (AGAIN if self.lacking else EVERY))


class LiveEvidence:
    """Reads the first wave again for whoever looks at an incident."""

    def __init__(self, read: ReadWave, clock: Clock, read_again: ReadAgain | None = None) -> None:
        self._read = read
        self._read_again = read_again
        self._clock = clock
        self._newest: dict[str, _Newest] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, incident: Incident, *, at_once: bool = False) -> IncidentEvidence:
        """A reading at most EVERY seconds old; `at_once`: a new one, as a person asked for it."""
        lock = self._locks.setdefault(incident.id, asyncio.Lock())
        asked_at = self._clock.elapsed()
        async with lock:
            newest = self._newest.get(incident.id)
            # Whoever waited for a reading that began after the question has it.
            if newest and (newest.asked >= asked_at or (not at_once and asked_at < newest.next)):
                return newest.evidence
            began = self._clock.elapsed()
            if newest is None or at_once or began >= newest.began + EVERY or self._read_again is None:
                newest = _Newest(await self._read(incident), began, began)
            else:
                again = await self._read_again(newest.evidence, newest.lacking)
                newest = _Newest(again, newest.began, began)
            self._newest[incident.id] = newest
            return newest.evidence

    def wait(self, incident: Incident) -> float:
        """Seconds until there is something to be read anew."""
        newest = self._newest.get(incident.id)
        return max(1.0, newest.next - self._clock.elapsed()) if newest is not None else 0.0

    def newest(self, incident: Incident) -> IncidentEvidence | None:
        newest = self._newest.get(incident.id)
        return newest.evidence if newest is not None else None

    def forget(self, keep: set[str]) -> None:
        for id in self._newest.keys() - keep:
            self._newest.pop(id, None)
            self._locks.pop(id, None)


_ROWS: Mapping[str, tuple[str, ...]] = {
    "stopped_tasks": ("id",),
    "deployments": ("id",),
    "revisions": ("id",),
    "activities": ("at", "description"),
    "database_events": ("at", "message"),
    "writes": ("id",),
}
"""What has happened, and by which fields a row of it is known."""
_SAMPLES = ("application_errors", "database_lines", "own_log")


def with_earlier(
    live: IncidentEvidence, before: IncidentEvidence, *, is_over: bool = False
) -> IncidentEvidence:
    """The newest reading, with the answers of an earlier one where it has none. `is_over`: the trouble has
    ended, so that the states that may have caused it are those of `before`."""
    # The curve of a finding's questions belongs to none of the sources.
    fields: dict[str, Any] = {"series": live.series or before.series}
    readings: list[SourceReading] = []
    for reading in live.readings:
        earlier = before.reading(reading.source)
        if earlier is None or not earlier.is_read:
            readings.append(reading)
            continue
        is_lost = reading.problem is not None
        if is_lost or (is_over and reading.source in STATES):
            fields |= {name: getattr(before, name) for name in SOURCES[reading.source].fields}
        readings.append(_earlier(earlier, reading, before.ended) if is_lost else reading)
    answers = tuple(
        now if now.read else then for now, then in zip(live.answers, before.answers, strict=False)
    )
    fields |= {"readings": tuple(readings), "answers": answers or live.answers or before.answers}
    return live.model_copy(update=fields)


def with_captured(
    live: IncidentEvidence, captured: IncidentEvidence, *, is_over: bool = False
) -> IncidentEvidence:
    """The newest reading with what has happened according to an earlier one, and as `with_earlier`."""
    live, fields = with_earlier(live, captured, is_over=is_over), dict[str, Any]()
    for name, keys in _ROWS.items():
        fields[name] = _rows(getattr(live, name), getattr(captured, name), keys)
    for name in _SAMPLES:
        fields[name] = _sample(getattr(live, name), getattr(captured, name))
    fields["belongings"] = (
        live.belongings.with_earlier(captured.belongings) if live.belongings else captured.belongings
    )
    # An alarm that was not among those read last does not tell what it watches.
    fields["alarm"] = live.alarm if live.alarm.queries else captured.alarm
    return live.model_copy(update=fields)


def _earlier(earlier: SourceReading, failed: SourceReading, at: datetime) -> SourceReading:
    """The reading of a source whose newest failed: what it did not show then may be there now."""
    why = failed.problem.summary if failed.problem is not None else ""
    text = _("Read earlier, not since: {why}", why=why)
    return earlier.model_copy(update={"cut": text, "as_of": earlier.as_of or at, "requests": failed.requests})


def _rows(live: Sequence[Any], captured: Sequence[Any], names: Sequence[str]) -> tuple[Any, ...]:
    keys = {tuple(getattr(row, name) for name in names) for row in live}
    return (*live, *(row for row in captured if tuple(getattr(row, name) for name in names) not in keys))


def _sample(live: LogSample | None, captured: LogSample | None) -> LogSample | None:
    if live is None or captured is None or live.group != captured.group:
        return live or captured
    lines = dict.fromkeys((*captured.lines, *live.lines))
    return live.model_copy(update={"lines": tuple(sorted(lines, key=lambda line: line.at))})
