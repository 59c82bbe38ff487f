from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from textual.content import Content

from services.i18n import _
from services.models import glyphs
from services.models.alarms import Alarm, AlarmOverview, AlarmTransition
from services.models.date_text import time_text
from services.models.journal import Acknowledgement
from widgets.alarms.alarm_wording import how_long, state_spans
from widgets.alarms.history import entry_lines, grouped, history_lines
from widgets.drawing.format import crop, stamp, wrap
from widgets.drawing.lines import ROLES, Line, Span
from widgets.drawing.state_styles import ALARM_STYLES

Seen = Mapping[str, Acknowledgement]  # The acknowledgements of the present states, by the alarm's exact name
_SHORT = 48


def short_spans(acknowledgement: Acknowledgement) -> list[Span]:
    """`✓ tanaka: waiting for the vendor`, for a row."""
    note = " ".join(acknowledgement.note.split())
    name: list[Span] = [(f"{glyphs.DONE} ", "good"), (acknowledgement.by, "")]
    return [*name, (": " + crop(note, _SHORT), "muted")] if note else name


def whole_lines(acknowledgement: Acknowledgement, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    lines: list[Line] = [[(f"{glyphs.DONE} ", "good"), (_head(acknowledgement, zone, now), "")]]
    if acknowledgement.note:
        lines += [[("  " + text, "")] for text in wrap(acknowledgement.note, max(8, width - 2))]
    return lines


def _head(acknowledgement: Acknowledgement, zone: tzinfo, now: datetime) -> str:
    return _(
        "acknowledged by {name}, {time}", name=acknowledgement.by, time=stamp(acknowledgement.at, zone, now)
    )


def calling(overview: AlarmOverview, acknowledgements: Seen) -> tuple[int, int]:
    """(acknowledged, all) of the alarms that need an acknowledgement: firing and missing ones."""
    return sum(alarm.id in acknowledgements for alarm in overview.calling), len(overview.calling)


def seen_spans(overview: AlarmOverview, acknowledgements: Seen) -> list[Span]:
    """`  ✓ 1 of 2 acknowledged`; [] while none is acknowledged."""
    count, total = calling(overview, acknowledgements)
    if not count:
        return []
    words = _("{known} of {called} acknowledged", known=count, called=total)
    return [("  ", ""), (f"{glyphs.DONE} {words}", "good" if count == total else "muted")]


def past_lines(
    transitions: Sequence[AlarmTransition] | None,
    acknowledgements: Sequence[Acknowledgement],
    alarm: Alarm | None,
    zone: tzinfo,
    now: datetime,
    width: int,
) -> list[Line]:
    """AWS's history and the acknowledgements together, newest first; `transitions` is None until it is read."""
    dated = [
        (entry[0].at, 0, entry_lines(entry, alarm, zone, now, width)) for entry in grouped(transitions or ())
    ]
    dated += [(each.at, each.seq, _past(each, zone, now, width)) for each in acknowledgements]
    dated.sort(key=lambda part: part[:2], reverse=True)
    lines = [line for _at, _seq, part in dated for line in part]
    if transitions is not None and not transitions:
        lines += history_lines((), alarm, zone, now, width)
    return lines


def _past(acknowledgement: Acknowledgement, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    head: list[Span] = [
        (time_text(acknowledgement.at, zone, now) + "  ", "muted"),
        (f"{glyphs.DONE} ", "good"),
    ]
    if acknowledgement.state is not None:
        style = ALARM_STYLES[acknowledgement.state]
        head += [(style.text, "muted"), (" ", "")]
    head.append((_("acknowledged by {name}", name=acknowledgement.by), ""))
    notes = wrap(acknowledgement.note, max(8, width - 2)) if acknowledgement.note else []
    return [head, *([("  " + text, "muted")] for text in notes)]


def state_content(alarm: Alarm, zone: tzinfo, now: datetime) -> Content:
    since: list[Span] = [("  " + _("for {time}", time=how_long(alarm, now)), "")]
    if alarm.since is not None:
        since.append(("  " + _("since {time}", time=stamp(alarm.since, zone, now)), "muted"))
    return content([(alarm.name, "strong")]) + Content("\n") + content([*state_spans(alarm), *since])


def acknowledged_content(acknowledgement: Acknowledgement, zone: tzinfo, now: datetime) -> Content:
    note = ": " + " ".join(acknowledgement.note.split()) if acknowledgement.note else ""
    return content([(f"{glyphs.DONE} ", "good"), (_head(acknowledgement, zone, now) + note, "")])


def content(line: Line) -> Content:
    return Content.assemble(*((text, ROLES.get(role, "")) for text, role in line))
