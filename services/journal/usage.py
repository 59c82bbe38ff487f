"""Records this console's requests to AWS in the journal, from which the report computes a day's cost."""

from services.aws.client.meter import UsageMeter
from services.host.processes import process_data
from services.i18n import _
from services.journal.errors import JournalError
from services.journal.journal import Journal
from services.models.date_text import day_text
from services.models.journal import EntryKind, NewEntry
from services.models.usage import Usage


class UsageLog:
    """Records the running total of each local day; the newest entry of a process and day counts."""

    def __init__(self, journal: Journal, meter: UsageMeter) -> None:
        self._journal = journal
        self._meter = meter
        self._recorded: dict[str, tuple[int, float]] = {}
        """Requests and yen of each day that are already in the journal."""

    async def record(self) -> None:
        """A failure is ignored here, because the journal's health reports it; the usage is counted on."""
        for usage in self._meter.days():
            day = usage.day.isoformat()
            total = (usage.calls, usage.yen)
            if not usage.calls or total == self._recorded.get(day):
                continue
            # Before the entry is written: several inspections that end together would each record the same total.
            before, self._recorded[day] = self._recorded.get(day, (0, 0.0)), total
            try:
                await self._journal.append(_draft(usage))
            except JournalError:
                self._recorded[day] = before


def _draft(usage: Usage) -> NewEntry:
    return NewEntry(
        kind=EntryKind.USAGE,
        subject=f"usage@{usage.day.isoformat()}",
        text=_("Requests to AWS on {day}: {calls}, ¥{yen:.2f}").format(
            calls=usage.calls, day=day_text(usage.day, usage.day), yen=usage.yen
        ),
        data={
            "day": usage.day.isoformat(),
            "calls": usage.calls,
            "yen": usage.yen,
            "worst_yen": usage.worst_yen,
            **process_data(),
        },
    )
