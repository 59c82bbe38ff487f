from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.calendar.business_days import BusinessCalendar
from services.models.runbook import Runbook
from services.models.runbook_playbooks import RosterEntry

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RosterRow:
    starts: date
    ends: date  # Last day
    entry: RosterEntry | None  # None: the roster names nobody for these days


def on_duty(runbook: Runbook, day: date) -> RosterEntry | None:
    """Who is on duty on a local date; None if the roster names nobody. A later entry of the file wins."""
    entries = [entry for entry in runbook.roster if entry.starts <= day <= entry.ends]
    return entries[-1] if entries else None


def next_on_duty(runbook: Runbook, day: date) -> RosterEntry | None:
    return min((entry for entry in runbook.roster if entry.starts > day), key=_start, default=None)


def reach_of(runbook: Runbook, entry: RosterEntry) -> str:
    """How to reach the one on duty: by their own contact, otherwise by that of the role; "" if both are undecided."""
    role = next((str(each.contact) for each in runbook.contacts if each.on_duty), "")
    return str(entry.contact) or role


def roster_rows(runbook: Runbook, first: date, last: date) -> Iterator[RosterRow]:
    if not runbook.roster:
        return
    open_days = BusinessCalendar(runbook.closures)
    day = first
    for entry in sorted(runbook.roster, key=_start):
        if entry.ends < day or entry.starts > last or entry.ends < entry.starts:
            continue
        yield from _gap(open_days, day, min(entry.starts - DAY, last))
        yield RosterRow(entry.starts, entry.ends, entry)
        day = entry.ends + DAY
    yield from _gap(open_days, day, last)


def gaps(runbook: Runbook) -> Iterator[tuple[int, RosterRow]]:
    """(index of the entry before it, days) of each gap within the roster that has an open day."""
    if not runbook.roster:
        return
    first = min(entry.starts for entry in runbook.roster)
    last = max(entry.ends for entry in runbook.roster)
    before = 0
    for row in roster_rows(runbook, first, last):
        if row.entry is None:
            yield before, row
        else:
            before = runbook.roster.index(row.entry)


def _start(entry: RosterEntry) -> date:
    return entry.starts


def _gap(open_days: BusinessCalendar, first: date, last: date) -> Iterator[RosterRow]:
    start, end = open_days.next_open(first), open_days.previous_open(last)
    if first <= last and start is not None and end is not None and start <= end:
        yield RosterRow(start, end, None)
