"""The file does not depend on when it was made: two exports of the same days are byte-identical."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone

from services import i18n
from services.i18n import _
from services.models.duties import Occurrence, OccurrenceState, ScheduledOccurrence
from services.models.runbook import Duty, Runbook

BEFORE = timedelta(minutes=5)  # How long before a duty with a time of day the calendar reminds of it


def calendar_file(runbook: Runbook, occurrences: Iterable[Occurrence]) -> str:
    """The file's text, with CRLF. A duty that counts only when planned is included only if it was planned."""
    slots = [each.slot for each in occurrences if each.state is not OccurrenceState.UNPLANNED]
    system = runbook.system
    file = Calendar()
    file.add("prodid", f"-//Toban//{system.id}//{i18n.language().upper()}")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("x-wr-calname", system.title)
    file.add("x-wr-timezone", system.timezone)
    if slots:
        first, last = min(slot.day for slot in slots), max(slot.until for slot in slots)
        zone = Timezone.from_tzid(
            system.timezone, first_date=date(first.year, 1, 1), last_date=date(last.year + 1, 12, 31)
        )
        file.add_component(zone)
    duties = {str(duty.id): duty for duty in runbook.duties}
    for slot in slots:
        file.add_component(_event(runbook, slot, duties.get(slot.duty)))
    return bytes(file.to_ical()).decode("utf-8")


def _event(runbook: Runbook, slot: ScheduledOccurrence, duty: Duty | None) -> Event:
    zone = ZoneInfo(runbook.system.timezone)
    event = Event()
    event.add("uid", f"{slot.key}@{runbook.system.id}")
    # The event's time stamp: the runbook's date, so that exports of the same duties are equal.
    written = runbook.document_updated or runbook.document_date
    event.add("dtstamp", datetime.combine(written, time(), UTC) if written else slot.due_at)
    event.add("summary", slot.title)
    event.add("description", "\n".join(_description(slot, duty)))
    if slot.timed and slot.until == slot.day:
        event.add("dtstart", slot.due_at.astimezone(zone))
        # It ends when it would be late.
        event.add("dtend", slot.late_at.astimezone(zone))
        rings = -BEFORE
    else:
        event.add("dtstart", slot.day)
        event.add("dtend", slot.until + timedelta(days=1))
        opens = time.fromisoformat(runbook.closures.opens)
        rings = timedelta(hours=opens.hour, minutes=opens.minute)
    # A duty must not show its people as busy in their calendars.
    event.add("transp", "TRANSPARENT")
    event.add("categories", [runbook.system.title])
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", slot.title)
    alarm.add("trigger", rings)
    event.add_component(alarm)
    return event


def _description(slot: ScheduledOccurrence, duty: Duty | None) -> Iterator[str]:
    if slot.remark:
        yield slot.remark
    if duty is None:
        return
    yield from (f"- {each}" for each in duty.asks)
    if duty.record:
        yield _("Record: {text}", text=duty.record)
    if duty.section:
        yield _("Runbook: {section}", section=duty.section)
