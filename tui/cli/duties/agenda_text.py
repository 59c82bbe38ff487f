from collections.abc import Iterator, Sequence
from datetime import tzinfo
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from services.i18n import _
from services.models.date_text import day_text, span_text
from services.models.duties import Day, Occurrence
from services.report.agenda import Agenda
from widgets.drawing.format import pad
from widgets.duties.duty_wording import moved_from, progress, state_style, when, zone_name

_WHEN, _STATE, _TITLE = 16, 10, 46
"""Minimum cells of the columns; one longer text in a column widens it in all lines."""


def agenda_lines(agenda: Agenda) -> Iterator[str]:
    zone = ZoneInfo(agenda.timezone)
    first, last = day_text(agenda.first), day_text(agenda.last, agenda.first)
    span = first if agenda.first == agenda.last else span_text(first, last)
    yield f"{agenda.system_title}  {span}  {zone_name(zone, agenda.made_at)}"
    widths = _widths(agenda, zone)
    for day in agenda.days:
        if day.occurrences or day.holiday:
            yield ""
            yield _day(day)
            yield from (_line(each, zone, day, widths) for each in day.occurrences)
    if not any(day.occurrences for day in agenda.days):
        yield _("no duties")
    if agenda.remarks:
        yield ""
        yield from agenda.remarks


def _day(day: Day) -> str:
    date_text = day_text(day.day, day.day)
    return date_text if day.is_open else _("{day}  closed: {why}", day=date_text, why=day.closed_name)


def _columns(occurrence: Occurrence, zone: tzinfo, day: Day) -> tuple[str, str, str]:
    return when(occurrence.slot, zone, day.day), state_style(occurrence).text, occurrence.slot.title


def _widths(agenda: Agenda, zone: tzinfo) -> list[int]:
    rows = [_columns(occurrence, zone, day) for day in agenda.days for occurrence in day.occurrences]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return [
        max(low, *map(cell_len, texts), 0)
        for low, texts in zip((_WHEN, _STATE, _TITLE), columns, strict=True)
    ]


def _line(occurrence: Occurrence, zone: tzinfo, day: Day, widths: Sequence[int]) -> str:
    """`  09:00  ✓ done      title                    01-05 09:04 alice`."""
    progress_text = "".join(text for text, _role in progress(occurrence, None, zone, day.day))
    note = occurrence.signed.note if occurrence.signed else ""
    parts = (progress_text, moved_from(occurrence.slot), note)
    extra = "  ".join(part.strip() for part in parts if part.strip())
    cells = [pad(text, width) for text, width in zip(_columns(occurrence, zone, day), widths, strict=True)]
    return f"  {' '.join(cells)} {extra}".rstrip()
