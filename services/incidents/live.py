"""The present evidence of an open incident: one reading for the screen and for the judgement of recovery.

A later reading may lack stopped tasks (ECS keeps them for an hour) and lines of logs (FilterLogEvents returns pages of
the time searched, of which a first wave reads few); `with_captured` adds those that were read before.
"""

import asyncio

from services.clock import Clock
from services.incidents.first_wave.wave import ReadWave
from services.models.first_wave import IncidentEvidence, LogEntry, LogSample, StoppedTask
from services.models.incidents import Incident

EVERY = 60.0
"""Seconds between two readings of one incident, however many ask."""


class LiveEvidence:
    """Reads the first wave again for whoever looks at an incident; nothing of it is recorded."""

    def __init__(self, read: ReadWave, clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._newest: dict[str, IncidentEvidence] = {}
        self._elapsed: dict[str, float] = {}
        """When the newest reading of an incident began, by the clock's `elapsed`."""
        self._locks: dict[str, asyncio.Lock] = {}

    async def read(self, incident: Incident, *, at_once: bool = False) -> IncidentEvidence:
        """A reading at most EVERY seconds old; `at_once`: a new one, as a person asked for it."""
        lock = self._locks.setdefault(incident.id, asyncio.Lock())
        asked_at = self._clock.elapsed()
        async with lock:
            began_at = self._elapsed.get(incident.id)
            # Whoever waited for a reading that began after the question has it.
            if began_at is not None and (
                began_at >= asked_at or (not at_once and asked_at - began_at < EVERY)
            ):
                return self._newest[incident.id]
            began_at = self._clock.elapsed()
            evidence = await self._read(incident)
            self._newest[incident.id], self._elapsed[incident.id] = evidence, began_at
            return evidence

    def newest(self, incident: Incident) -> IncidentEvidence | None:
        """The newest reading; None if there is none yet."""
        return self._newest.get(incident.id)

    def forget(self, keep: set[str]) -> None:
        """Drop the readings of all other incidents."""
        for id in self._newest.keys() - keep:
            self._newest.pop(id, None)
            self._elapsed.pop(id, None)
            self._locks.pop(id, None)


def with_captured(live: IncidentEvidence, captured: IncidentEvidence) -> IncidentEvidence:
    """The newest reading, with the stopped tasks and the lines of logs that an earlier one has and it lacks."""
    return live.model_copy(
        update={
            "answers": live.answers or captured.answers,
            "stopped_tasks": _tasks(live.stopped_tasks, captured.stopped_tasks),
            "application_errors": _sample(live.application_errors, captured.application_errors),
            "database_lines": _sample(live.database_lines, captured.database_lines),
        }
    )


def _tasks(live: tuple[StoppedTask, ...], captured: tuple[StoppedTask, ...]) -> tuple[StoppedTask, ...]:
    ids = {task.id for task in live}
    return (*live, *(task for task in captured if task.id not in ids))


def _sample(live: LogSample | None, captured: LogSample | None) -> LogSample | None:
    if live is None or captured is None or live.group != captured.group:
        return live or captured
    lines = dict.fromkeys((*captured.lines, *live.lines))
    return live.model_copy(update={"lines": tuple(sorted(lines, key=_at))})


def _at(line: LogEntry) -> float:
    return line.at.timestamp()
