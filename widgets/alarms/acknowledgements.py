"""How an acknowledgement reads: shortly in rows, whole in the detail. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from textual.content import Content

from services.i18n import _
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition
from services.models.journal import Acknowledgement
from widgets.alarms.facts import history_lines
from widgets.alarms.wording import how_long, state_spans
from widgets.drawing.format import crop, stamp, wrap
from widgets.drawing.lines import ROLES, Line, Span
from widgets.drawing.state_styles import ALARM_STYLES

MARK = "✓"
Seen = Mapping[str, Acknowledgement]
"""The acknowledgements of the present states, by the alarm's exact name."""
_SHORT = 48
_CALLING = (AlarmState.ALARM, AlarmState.MISSING)
"""States that somebody should have seen."""


def short_spans(seen: Acknowledgement) -> list[Span]:
    """`✓ tanaka: waiting for the vendor`, for a row."""
    note = " ".join(seen.note.split())
    name: list[Span] = [(f"{MARK} ", "good"), (seen.by, "")]
    return [*name, (": " + crop(note, _SHORT), "muted")] if note else name


def whole_lines(seen: Acknowledgement, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """Who, when, and the note as it was written."""
    lines: list[Line] = [[(f"{MARK} ", "good"), (_head(seen, zone, now), "")]]
    if seen.note:
        lines += [[("  " + text, "")] for text in wrap(seen.note, max(8, width - 2))]
    return lines


def _head(seen: Acknowledgement, zone: tzinfo, now: datetime) -> str:
    return _("acknowledged by {name}, {time}").format(name=seen.by, time=stamp(seen.at, zone, now))


def calling(board: AlarmOverview, seen: Seen) -> tuple[int, int]:
    """Of the alarms that fire or are missing: (acknowledged, all)."""
    alarms = [alarm for alarm in board.watched if alarm.state in _CALLING]
    return sum(alarm.id in seen for alarm in alarms), len(alarms)


def seen_spans(board: AlarmOverview, seen: Seen) -> list[Span]:
    """`  ✓ 1 of 2 acknowledged`; nothing where nobody has acknowledged any."""
    known, called = calling(board, seen)
    if not known:
        return []
    words = _("{known} of {called} acknowledged").format(known=known, called=called)
    return [("  ", ""), (f"{MARK} {words}", "good" if known == called else "muted")]


def past_lines(
    transitions: Sequence[AlarmTransition] | None,
    seen: Sequence[Acknowledgement],
    zone: tzinfo,
    now: datetime,
    width: int,
) -> list[Line]:
    """AWS's history and the acknowledgements in one, newest first; `transitions` is None while unread."""
    dated = [(each.at, 0, history_lines([each], zone, now, width)) for each in transitions or ()]
    dated += [(each.at, each.seq, _past(each, zone, now, width)) for each in seen]
    dated.sort(key=lambda part: part[:2], reverse=True)
    lines = [line for _at, _seq, part in dated for line in part]
    if transitions is not None and not transitions:
        lines += history_lines((), zone, now, width)
    return lines


def _past(seen: Acknowledgement, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    head: list[Span] = [(stamp(seen.at, zone, now) + "  ", "muted"), (f"{MARK} ", "good")]
    if seen.state is not None:
        look = ALARM_STYLES[seen.state]
        head += [(look.text, "muted"), (" ", "")]
    head.append((_("acknowledged by {name}").format(name=seen.by), ""))
    notes = wrap(seen.note, max(8, width - 2)) if seen.note else []
    return [head, *([("  " + text, "muted")] for text in notes)]


def state_content(alarm: Alarm, zone: tzinfo, now: datetime) -> Content:
    """Which alarm, in which state, since when: the head of the dialog."""
    since: list[Span] = [("  " + _("for {time}").format(time=how_long(alarm, now)), "")]
    if alarm.since is not None:
        since.append(("  " + _("since {time}").format(time=stamp(alarm.since, zone, now)), "muted"))
    return content([(alarm.name, "strong")]) + Content("\n") + content([*state_spans(alarm), *since])


def acknowledged_content(seen: Acknowledgement, zone: tzinfo, now: datetime) -> Content:
    """Who did it before."""
    note = ": " + " ".join(seen.note.split()) if seen.note else ""
    return content([(f"{MARK} ", "good"), (_head(seen, zone, now) + note, "")])


def content(line: Line) -> Content:
    """A line of ink where Textual draws."""
    return Content.assemble(*((text, ROLES.get(role, "")) for text, role in line))
