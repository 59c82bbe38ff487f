from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo

from rich.cells import cell_len

from services.i18n import N_, _
from services.models import glyphs
from services.models.date_text import day_text
from services.models.duties import Day, Occurrence, OccurrenceState, ScheduledOccurrence, SignOff
from services.models.state_words import DUTIES
from widgets.drawing.format import coarse
from widgets.drawing.spans import Span, width_of
from widgets.drawing.state_styles import StateStyle, styles_of

State = OccurrenceState

DUTY_STYLES = styles_of(DUTIES, "muted", "caution", "bad", "good", "bad", "muted", "faint", "faint")
UNDERWAY = StateStyle(glyphs.UNDERWAY, N_("under way"), "caution")
"""Style of an occurrence that a person has begun and nobody has signed off."""
UNDERWAY_LATE = StateStyle(glyphs.UNDERWAY, N_("under way, late"), "bad")
PLANNED = StateStyle(glyphs.UPCOMING, N_("planned"), "")
"""Style of an upcoming occurrence that was planned by a person."""
ORDER = (State.LATE, State.MISSED, State.DUE, State.UPCOMING, State.UNPLANNED, State.SKIPPED, State.DONE)
"""States by how urgently they need a person."""
CLOSED_MARK = "╱"  # Marks a closed day if there is no room for its name
TODAY_MARK = "◂"
ASLEEP = frozenset({State.DONE, State.SKIPPED, State.UNPLANNED, State.NO_RECORD})
"""States that need no action."""


def state_style(occurrence: Occurrence) -> StateStyle:
    if occurrence.underway and occurrence.state not in ASLEEP:
        return UNDERWAY_LATE if occurrence.state in (State.LATE, State.MISSED) else UNDERWAY
    is_planned = occurrence.slot.if_planned and occurrence.planned
    return PLANNED if is_planned and occurrence.state is State.UPCOMING else DUTY_STYLES[occurrence.state]


def title_role(occurrence: Occurrence) -> str:
    return "strong" if occurrence.open else "muted" if occurrence.state in ASLEEP else ""


def clock_of(at: datetime, zone: tzinfo, day: date) -> str:
    """`09:00`, or `01-05(Mon) 09:00` if it is not on `day`."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == day else f"{day_text(local.date(), day)} {local:%H:%M}"


def zone_name(zone: tzinfo, at: datetime | None = None) -> str:
    """The zone's name: `JST`."""
    return (at or datetime(2000, 1, 1, tzinfo=UTC)).astimezone(zone).tzname() or ""


def when(slot: ScheduledOccurrence, zone: tzinfo, day: date) -> str:
    """The time of the occurrence seen from `day`: a time, a date and a time, or the last day for it."""
    if slot.until > slot.day:
        return _("by {day}", day=day_text(slot.until, day))
    if slot.timed:
        return clock_of(slot.due_at, zone, day)
    return _("any time") if slot.day == day else day_text(slot.day, day)


def moved_from(slot: ScheduledOccurrence) -> str:
    """`from 01-01(Thu)`: the date by its rule; "" if it was not moved."""
    if not slot.moved:
        return ""
    return _("from {day}", day=_(", ").join(day_text(each, slot.day) for each in slot.nominal))


def signed_late(sign: SignOff, *, skipped: bool = False) -> str:
    """How late or early it was signed; "" if in time."""
    if skipped:
        words = {State.LATE: _("skipped late"), State.MISSED: _("skipped after missed")}
        return words.get(sign.was, "")
    words = {
        State.LATE: _("signed off late"),
        State.MISSED: _("signed off after missed"),
        State.UPCOMING: _("early"),
    }
    return words.get(sign.was, "")


def progress(occurrence: Occurrence, now: datetime | None, zone: tzinfo, day: date) -> list[Span]:
    """The progress within the state: `in 25m`, `12m over`, `since 14:00`, `09:04 yamada`. Without `now` only
    what is constant within the state: `late from 09:30`."""
    slot, sign_off = occurrence.slot, occurrence.signed
    if sign_off is not None and occurrence.state in ASLEEP:
        late = signed_late(sign_off) if occurrence.state is State.DONE else ""
        at = clock_of(sign_off.at, zone, day)
        return [(f"{at} {sign_off.by}", "muted"), *([(f" {late}", "warn")] if late else [])]
    match occurrence.state:
        case State.UPCOMING if now is not None:
            return [(_("in {time}", time=coarse(_seconds(slot.due_at, now))), "muted")]
        case State.DUE:
            return [(_until_late(slot, now, zone, day), "")]
        case State.LATE:
            if now is None:
                return [(_("since {time}", time=clock_of(slot.late_at, zone, day)), "bad")]
            return [(_("{time} overdue", time=coarse(_seconds(now, slot.late_at))), "bad")]
        case State.MISSED if slot.missed_at is not None:
            at = clock_of(slot.missed_at, zone, day)
            return [(_("since {time}", time=at), "bad")]
    return []


def _until_late(slot: ScheduledOccurrence, now: datetime | None, zone: tzinfo, day: date) -> str:
    if not slot.timed:
        return "" if slot.until > slot.day else _("until the end of the day")
    if now is None:
        return _("late from {time}", time=clock_of(slot.late_at, zone, day))
    return _("late in {time}", time=coarse(_seconds(slot.late_at, now)))


def _seconds(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds()


def note_of(occurrence: Occurrence) -> str:
    note = occurrence.signed.note if occurrence.signed is not None else ""
    origin = moved_from(occurrence.slot) or ("" if occurrence.slot.nominal else occurrence.slot.remark)
    return _(", ").join(words for words in (note, origin) if words)


def closed_words(day: Day) -> str:
    """`Coming of Age Day (closed)`; the name alone for a holiday that is open; "" on an ordinary day."""
    if day.is_open:
        return day.closed_name
    return _("{name} (closed)", name=day.closed_name) if day.closed_name else _("closed")


def tally(occurrences: Sequence[Occurrence], *, words: bool = False) -> list[Span]:
    """`!1 □2 ✓4`, most urgent first; with `words`: `! late 1  ✓ done 4`."""
    spans: list[Span] = []
    for state_look, count in _counts(occurrences):
        spans += [("  " if words else " ", "")] if spans else []
        spans.append(
            (f"{state_look.text} {count}" if words else f"{state_look.mark}{count}", state_look.role)
        )
    return spans


def marks(occurrences: Sequence[Occurrence], width: int) -> list[Span]:
    """One mark each in order of time; counts if the marks do not fit, and `+` if the counts do not."""
    if len(occurrences) <= width:
        return [(state_style(each).mark, state_style(each).role) for each in occurrences]
    groups = [
        (state_look.mark + (str(count) if count > 1 else ""), state_look.role)
        for state_look, count in _counts(occurrences)
    ]
    if width_of(groups) <= width:
        return groups
    spans: list[Span] = []
    for text, role in groups:
        if width_of(spans) + cell_len(text) > width - 1:
            break
        spans.append((text, role))
    return [*spans, ("+", "muted")] if width > 0 else []


def _counts(occurrences: Sequence[Occurrence]) -> list[tuple[StateStyle, int]]:
    looks = [state_style(each) for each in occurrences]
    order = [
        *(DUTY_STYLES[state] for state in ORDER[:2]),
        UNDERWAY_LATE,
        UNDERWAY,
        *(DUTY_STYLES[state] for state in ORDER[2:4]),
        PLANNED,
        *(DUTY_STYLES[state] for state in ORDER[4:]),
    ]
    order.append(DUTY_STYLES[State.NO_RECORD])
    return [(each, looks.count(each)) for each in order if each in looks]
