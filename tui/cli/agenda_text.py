"""What `toban duties` prints for people: a day under the other, columns aligned by cells."""

from collections.abc import Iterator
from datetime import tzinfo
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from services.i18n import _
from services.models.duties import Day, Occurrence
from services.report.agenda import Agenda
from widgets.drawing.format import day_words, pad
from widgets.duties.wording import look, moved_from, progress, when, zone_name

_WHEN = 16
"""Cells of a date with `until`."""


def agenda_lines(found: Agenda) -> Iterator[str]:
    """The system, each day that has duties or is a holiday, and what is not known."""
    zone = ZoneInfo(found.timezone)
    first, last = (day_words(day, year=True) for day in (found.first, found.last))
    span = first if found.first == found.last else _("{first} to {last}").format(first=first, last=last)
    yield f"{found.system_title}  {span}  {zone_name(zone, found.made_at)}"
    for day in found.days:
        if day.occurrences or day.holiday:
            yield ""
            yield _day(day)
            yield from (_line(each, zone, day) for each in day.occurrences)
    if not any(day.occurrences for day in found.days):
        yield _("no duties")
    if found.remarks:
        yield ""
        yield from found.remarks


def _day(day: Day) -> str:
    words = day_words(day.day)
    return words if day.is_open else _("{day}  closed: {why}").format(day=words, why=day.closed_name)


def _line(occurrence: Occurrence, zone: tzinfo, day: Day) -> str:
    """`  09:00  ✓ done      title                    01-05 09:04 alice`."""
    slot = occurrence.slot
    title = pad(slot.title, max(46, cell_len(slot.title)))
    told = "".join(text for text, _role in progress(occurrence, None, zone, day.day))
    note = occurrence.signed.note if occurrence.signed else ""
    extra = "  ".join(part.strip() for part in (told, moved_from(slot), note) if part.strip())
    return (
        f"  {pad(when(slot, zone, day.day), _WHEN)} {pad(look(occurrence).text, 10)} {title} {extra}".rstrip()
    )
