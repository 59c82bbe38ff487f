"""What a report is made of: a journal that is read and not written, the runbook, and one moment. Blocks.

Everything raises sqlite3.Error and OSError as they come.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.calendar.calendar import Calendar
from services.journal.export import rows
from services.journal.reader import JournalReader, entry_of
from services.models.journal import Entry, EntryKind, EntryQuery
from services.models.runbook import Runbook
from services.report.periods import Period

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Source:
    """One period of one journal, as it stood at `as_of`."""

    reader: JournalReader
    runbook: Runbook
    calendar: Calendar
    period: Period
    now: datetime
    """Aware, UTC."""
    private: bool = False
    """Texts of logs are wanted, too."""

    @property
    def start(self) -> datetime:
        """The period's first moment (UTC)."""
        return self.calendar.local(self.period.first)

    @property
    def end(self) -> datetime:
        """The first moment after it (UTC)."""
        return self.calendar.local(self.period.last + DAY)

    @property
    def as_of(self) -> datetime:
        """The moment that states are of."""
        return min(self.now, self.end)

    def entries(
        self,
        *kinds: EntryKind,
        since: datetime | None = None,
        before: datetime | None = None,
        subject: str = "",
        target: str = "",
    ) -> list[Entry]:
        """Matching entries, oldest first."""
        query = EntryQuery(kinds=frozenset(kinds), since=since, before=before, subject=subject, target=target)
        return [entry_of(row) for row in rows(self.reader, query)]

    def own(self, *kinds: EntryKind) -> list[Entry]:
        """Entries of the period itself, up to `as_of`."""
        return self.entries(*kinds, since=self.start, before=self.as_of)

    def day_of(self, moment: datetime) -> date:
        """The local day."""
        return self.calendar.day_of(moment)

    def bounds(self) -> tuple[int, int]:
        """(first, last) entry of the period; (0, 0) where there is none."""
        span = EntryQuery(since=self.start, before=self.as_of)
        first = self.reader.find(span, limit=1, newest_first=False)
        last = self.reader.find(span, limit=1)
        return (first[0].seq, last[0].seq) if first and last else (0, 0)

    def began(self) -> datetime:
        """When the journal began; the present where it is empty."""
        first = self.reader.find(EntryQuery(), limit=1, newest_first=False)
        return min([self.now, *(entry.at for entry in first)])

    def titled(self, keys: Iterable[str]) -> dict[str, str]:
        """The titles of the duties that these slots are of, by key; "" for others."""
        titles = {str(duty.id): str(duty.title) for duty in self.runbook.duties}
        return {key: titles.get(duty_in(key), "") for key in keys}


def duty_in(key: str) -> str:
    """The duty's id in a slot's key: `daily@2026-01-05T09:00`, `key-rotation:AKIA…@2026-04-20`."""
    return key.partition("@")[0].partition(":")[0]
