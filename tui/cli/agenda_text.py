"""Readable output of `toban duties`: one block per day, columns aligned by cell width."""

from collections.abc import Iterator
from datetime import tzinfo
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from services.i18n import _
from services.models.duties import Day, Occurrence
from services.report.agenda import Agenda
from widgets.drawing.format import day_words, pad
from widgets.duties.wording import moved_from, progress, state_style, when, zone_name

_WHEN = 16
"""Cells of the time column; wide enough for a date range."""


def agenda_lines(agenda: Agenda) -> Iterator[str]:
    """Yield the system's heading, each day that has duties or is a holiday, and the remarks."""
    zone = ZoneInfo(agenda.timezone)
    first, last = (day_words(day, year=True) for day in (agenda.first, agenda.last))
    span = first if agenda.first == agenda.last else _("{first} to {last}").format(first=first, last=last)
    yield f"{agenda.system_title}  {span}  {zone_name(zone, agenda.made_at)}"
    for day in agenda.days:
        if day.occurrences or day.holiday:
            yield ""
            yield _day(day)
            yield from (_line(each, zone, day) for each in day.occurrences)
    if not any(day.occurrences for day in agenda.days):
        yield _("no duties")
    if agenda.remarks:
        yield ""
        yield from agenda.remarks


def _day(day: Day) -> str:
    date_text = day_words(day.day)
    return date_text if day.is_open else _("{day}  closed: {why}").format(day=date_text, why=day.closed_name)


def _line(occurrence: Occurrence, zone: tzinfo, day: Day) -> str:
    """`  09:00  ✓ done      title                    01-05 09:04 alice`."""
    slot = occurrence.slot
    title = pad(slot.title, max(46, cell_len(slot.title)))
    progress_text = "".join(text for text, _role in progress(occurrence, None, zone, day.day))
    note = occurrence.signed.note if occurrence.signed else ""
    extra = "  ".join(part.strip() for part in (progress_text, moved_from(slot), note) if part.strip())
    return f"  {pad(when(slot, zone, day.day), _WHEN)} {pad(state_style(occurrence).text, 10)} {title} {extra}".rstrip()
