"""The input of a report: a read-only journal, the runbook, and the moment of the report. Blocking I/O. All
methods that read the journal may raise sqlite3.Error and OSError, and UnusableJournal for an entry that is
not as it was written: each one that is read is checked by its own hash."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from services.calendar.calendar import Calendar
from services.journal.chain import COLUMNS, hash_of_row
from services.journal.derived.late import in_order
from services.journal.derived.lookup import last_before, rows_about, subjects_of, surely_before
from services.journal.export import rows
from services.journal.file_check import altered
from services.journal.reader import JournalReader, Row, entry_of
from services.logs.masking.mask import Masker
from services.logs.masking.of_runbook import masker_of
from services.models.journal import LARGE, Entry, EntryKind, EntryQuery
from services.models.runbook import Runbook
from services.report.periods import Period

DAY = timedelta(days=1)
_KIND = COLUMNS.index("kind")
_BATCH = 50


@dataclass(frozen=True)
class ReportSource:
    reader: JournalReader
    runbook: Runbook
    calendar: Calendar
    period: Period
    now: datetime  # The current time (aware, UTC)
    private: bool = False  # Whether to include log texts

    @cached_property
    def masker(self) -> Masker:
        return masker_of(self.runbook)

    @property
    def start(self) -> datetime:
        """The first moment of the period (UTC)."""
        return self.calendar.local(self.period.first)

    @property
    def end(self) -> datetime:
        """The first moment after the period (UTC)."""
        return self.calendar.local(self.period.last + DAY)

    @property
    def as_of(self) -> datetime:
        """The moment for which states hold: the period's end, or now if the period is not over (UTC)."""
        return min(self.now, self.end)

    @cached_property
    def entries_until(self) -> datetime:
        """The moment before which entries belong to the report (UTC). It is `as_of`, unless the newest entry
        of that moment follows later ones in the journal: those were written before this machine's clock was
        set back, and they happened all the same."""
        later = self.entries(since=self.as_of, before=self.end)
        newest = self.reader.find(EntryQuery(before=self.as_of), limit=1) if later else []
        moments = [entry.at for entry in later if newest and entry.seq < newest[0].seq]
        return max(moments) + timedelta(microseconds=1) if moments else self.as_of

    def entries(
        self,
        *kinds: EntryKind,
        since: datetime | None = None,
        before: datetime | None = None,
        subject: str = "",
        target: str = "",
    ) -> list[Entry]:
        query = EntryQuery(kinds=frozenset(kinds), since=since, before=before, subject=subject, target=target)
        return in_order(self._unaltered(rows(self.reader, query, whole=False)))

    def one_by_one(
        self, kind: EntryKind, *, target: str, since: datetime, before: datetime
    ) -> Iterator[Entry]:
        query = EntryQuery(kinds=frozenset({kind}), target=target, since=since, before=before)
        after = 0
        while batch := self.reader.rows(
            query, limit=_BATCH, after_seq=after, newest_first=False, whole=False
        ):
            yield from self._unaltered(batch)
            after = batch[-1][0]

    def about(self, subjects: Iterable[str], kinds: Iterable[EntryKind]) -> list[Entry]:
        return in_order(self._unaltered(rows_about(self.reader, subjects, kinds)))

    def numbered(self, seqs: Iterable[int]) -> set[str]:
        return subjects_of(self.reader, seqs)

    def _unaltered(self, entry_rows: Iterable[Row]) -> Iterator[Entry]:
        """The rows as entries. Raises UnusableJournal for one that is not as it was written."""
        for row in entry_rows:
            if row[_KIND] not in LARGE and hash_of_row(self.reader.id, row) != row[-1]:
                raise altered()
            yield entry_of(row)

    @cached_property
    def last_seq(self) -> int:
        return last_before(self.reader, self.entries_until)

    @cached_property
    def seq_before(self) -> int:
        """The number of an entry before the period, at best the newest: what is signed up to it was signed before."""
        return surely_before(self.reader, self.start)

    def own(self, *kinds: EntryKind) -> list[Entry]:
        return self.entries(*kinds, since=self.start, before=self.entries_until)

    def day_of(self, moment: datetime) -> date:
        return self.calendar.day_of(moment)

    def bounds(self) -> tuple[int, int]:
        """Sequence numbers of the period's first and last entry; (0, 0) if there is none."""
        span = EntryQuery(since=self.start, before=self.entries_until)
        first = self.reader.find(span, limit=1, newest_first=False)
        last = self.reader.find(span, limit=1)
        return (first[0].seq, last[0].seq) if first and last else (0, 0)

    def began(self) -> datetime:
        """The time of the journal's first entry; now if it is empty (UTC)."""
        first = self.reader.find(EntryQuery(), limit=1, newest_first=False)
        return min([self.now, *(entry.at for entry in first)])

    def titled(self, keys: Iterable[str]) -> dict[str, str]:
        """The duty title of each slot key; "" if the runbook has no such duty."""
        titles = {str(duty.id): str(duty.title) for duty in self.runbook.duties}
        return {key: titles.get(duty_in(key), "") for key in keys}


def duty_in(key: str) -> str:
    """The duty id within a slot key such as `daily@2026-01-05T09:00` or `key-rotation:AKIA…@2026-04-20`."""
    return key.partition("@")[0].partition(":")[0]
