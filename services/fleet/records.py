"""What the journal of a system says about today, for a console that shows another system. Blocking I/O."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from services.calendar.calendar import Calendar
from services.duties.states import changes_after
from services.journal.problems import UnusableJournal, problem_of
from services.journal.reader import JournalReader
from services.models.duties import Occurrence, OccurrenceState
from services.models.fleet import SystemRecords
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.runbook import Runbook
from services.models.verdict import Verdict, worst
from services.report.collecting.duty_states import DutyStatesAt
from services.report.collecting.finding_lines import counts, finding_lines, is_partly_judged
from services.report.collecting.incident_lines import incident_lines
from services.report.collecting.source import DAY, ReportSource
from services.report.periods import Period, PeriodSpan

_HOLDS = """
SELECT count(DISTINCT holds) FROM entries h WHERE holds <> '' AND NOT EXISTS (
  SELECT 1 FROM entries r WHERE r.releases = h.holds AND r.releases <> '' AND r.seq > h.seq
)
"""
"""How many targets are held: both look-ups use the partial indexes."""
_AHEAD = 100  # Entries of hosts whose clocks are ahead that are looked at, at most
_LATE = (OccurrenceState.LATE, OccurrenceState.MISSED)
Stamp = tuple[tuple[int, ...], ...]


class RecordsReader:
    def __init__(self, runbook: Runbook, path: Path) -> None:
        self._runbook = runbook
        self._calendar = Calendar(runbook)
        self._path = path
        self._stamp: Stamp | None = None
        self._records = SystemRecords()
        self.reads = 0  # How often the journal was opened

    def read(self, now: datetime) -> SystemRecords:
        """The records as of `now` (aware); what could not be read is a problem, with the last values."""
        stamp = stamp_of(self._path)
        due = self._records.changes_at
        if stamp == self._stamp and self._records.problem is None and (due is None or now < due):
            return self._records
        self.reads += 1
        try:
            with closing(JournalReader.open(self._path)) as reader, reader.snapshot():
                self._records = self._read(reader, now)
            self._stamp = stamp
        except FileNotFoundError:
            self._records, self._stamp = SystemRecords(exists=False), stamp
        except (sqlite3.Error, OSError, UnusableJournal) as error:
            problem = problem_of(error, self._path, now)
            self._records = self._records.model_copy(update={"problem": problem})
        return self._records

    def _read(self, reader: JournalReader, now: datetime) -> SystemRecords:
        today = self._calendar.day_of(now)
        source = ReportSource(
            reader, self._runbook, self._calendar, Period(PeriodSpan.DAY, today, today), now
        )
        duties = DutyStatesAt(source)
        occurrences = [*duties.still_open(today), *duties.running(today), *duties.between(today, today)]
        states = [each.state for each in {each.key: each for each in occurrences}.values()]
        findings = finding_lines(source, source.own(EntryKind.FINDING))
        newest = reader.find(EntryQuery(), limit=1)
        return SystemRecords(
            due=states.count(OccurrenceState.DUE),
            late=sum(states.count(state) for state in _LATE),
            verdict=worst(map(counts, findings)),
            complete=not any(is_partly_judged(each) or counts(each) is Verdict.UNKNOWN for each in findings),
            holds=int(reader.query(_HOLDS)[0][0] or 0),
            incidents=sum(line.is_open and not line.joined_to for line in incident_lines(source, {})),
            head=newest[0].seq if newest else 0,
            head_at=newest[0].at if newest else None,
            changes_at=self._next(occurrences, now, reader.find(EntryQuery(since=now), limit=_AHEAD)),
        )

    def _next(self, occurrences: Iterable[Occurrence], now: datetime, ahead: Iterable[Entry]) -> datetime:
        """When a duty becomes due, late or missed, or an entry `ahead` of this clock counts; at the latest tomorrow."""
        tomorrow = self._calendar.local(self._calendar.day_of(now) + DAY)
        times = (changes_after(each, now) for each in occurrences)
        counts = (entry.at + timedelta(microseconds=1) for entry in ahead)
        return min([tomorrow, *(at for at in times if at is not None), *counts])


def stamp_of(path: Path) -> Stamp:
    return tuple(map(_part, (path, Path(f"{path}-wal"))))


def _part(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    # Reading leaves an empty -wal behind.
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else ()
