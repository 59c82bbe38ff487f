from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.cells import cell_len

from services.i18n import N_, _
from services.models.alarms import Alarm, AlarmKind, AlarmState, Hearing, evaluation_words, missing_words
from services.models.date_text import day_text, time_text
from widgets.drawing.format import NOTHING, coarse, stamp, wrap
from widgets.drawing.spans import Line, Span, width_of
from widgets.drawing.state_styles import ALARM_STYLES

_GRAVE = ("caution", "warn")  # Roles of badges that affect the verdict
_UNHEARD = {
    Hearing.NOBODY: N_("notifies nobody"),
    Hearing.TOGETHER: N_("notifies only together with others"),
    Hearing.UNKNOWN: N_("not known whom it notifies"),
}
_KINDS = {AlarmKind.COMPOSITE: N_("composite"), AlarmKind.LOG: N_("log alarm")}


def state_spans(alarm: Alarm) -> list[Span]:
    """Mark and word; a scaling alarm is not red, because firing is normal for it."""
    style = ALARM_STYLES[alarm.state]
    calm = alarm.scaling and alarm.state is AlarmState.ALARM
    return [(style.text, "muted" if calm else style.role)]


def how_long(alarm: Alarm, now: datetime) -> str:
    return coarse((now - alarm.since).total_seconds()) if alarm.since else NOTHING


def since_text(alarm: Alarm, zone: tzinfo, now: datetime) -> str:
    """Since when: the time today, else the day."""
    if alarm.since is None:
        return NOTHING
    today = now.astimezone(zone).date()
    day = alarm.since.astimezone(zone).date()
    return time_text(alarm.since, zone, now) if day == today else day_text(day, today)


def badges(alarm: Alarm, zone: tzinfo, now: datetime) -> list[Span]:
    return joined(_badges(alarm, zone, now))


def warnings(alarm: Alarm, zone: tzinfo, now: datetime) -> list[Span]:
    """The badges and the remark that affect the verdict and must not be truncated."""
    spans = [span for span in _badges(alarm, zone, now) if span[1] in _GRAVE]
    words = "" if alarm.scaling else remark(alarm)
    return [*spans, (words, "muted")] if words else spans


def asides(alarm: Alarm, zone: tzinfo, now: datetime) -> list[Span]:
    spans = [span for span in _badges(alarm, zone, now) if span[1] not in _GRAVE]
    words = remark(alarm) if alarm.scaling else ""
    return [*spans, (words, "muted")] if words else spans


def joined(spans: Sequence[Span]) -> list[Span]:
    line: list[Span] = []
    for span in spans:
        line += [("  ", ""), span] if line else [span]
    return line


def packed(spans: Sequence[Span], width: int) -> list[Line]:
    lines: list[list[Span]] = []
    for text, role in spans:
        pieces = wrap(text, width)
        if lines and len(pieces) == 1 and width_of(lines[-1]) + 2 + cell_len(text) <= width:
            lines[-1] += [("  ", ""), (text, role)]
        else:
            lines += [[(piece, role)] for piece in pieces]
    return list(lines)


def _badges(alarm: Alarm, zone: tzinfo, now: datetime) -> list[Span]:
    pairs: list[Span] = []
    if alarm.muted_by:
        until = stamp(alarm.muted_until, zone, now) if alarm.muted_until else ""
        words = _("muted until {time}", time=until) if until else _("muted")
        pairs.append((words, "caution"))
    if not alarm.actions_enabled:
        off = _("not known whether its actions are enabled")
        pairs.append((_("actions disabled") if alarm.actions_enabled is False else off, "caution"))
    pairs += _hearing(alarm)
    if alarm.warm_up_until is not None:
        pairs.append((_("warming up until {time}", time=stamp(alarm.warm_up_until, zone, now)), "warn"))
    if alarm.evaluation:
        pairs.append((evaluation_words(alarm.evaluation), "warn"))
    if alarm.kind in _KINDS:
        pairs.append((_(_KINDS[alarm.kind]), "muted"))
    return [(f"[{words}]", role) for words, role in pairs]


def _hearing(alarm: Alarm) -> list[Span]:
    if alarm.hearing is Hearing.COMPOSITE:
        names = _(", ").join(alarm.heard_through)
        return [(_("notifies through {alarms}", alarms=names), "muted")]
    if alarm.hearing is Hearing.DECLARED:
        return [(_("heard otherwise: {declaration}", declaration=alarm.heard_by), "muted")]
    if not alarm.may_be_unheard:
        return []
    return [(_(_UNHEARD[alarm.hearing]), "caution" if alarm.expected else "muted")]


def remark(alarm: Alarm) -> str:
    """One sentence if the state alone could mislead, else ""."""
    if alarm.state is AlarmState.MISSING:
        return missing_words(alarm)
    if alarm.scaling:
        return scaling_remark(alarm)
    if alarm.warm_up_until is not None:
        return _("not evaluated, and no action runs")
    if alarm.state is AlarmState.INSUFFICIENT:
        return insufficient_remark(alarm)
    return ""


def scaling_remark(alarm: Alarm) -> str:
    """Why a scaling alarm fires: target tracking's low alarm stays in ALARM while the load is low."""
    if alarm.state is AlarmState.ALARM and "AlarmLow" in alarm.name:
        return _("normal: little load, nothing to scale in")
    if alarm.state is AlarmState.ALARM:
        return _("scaling out")
    return ""


def insufficient_remark(alarm: Alarm) -> str:
    if alarm.treat_missing == "missing":
        return _("no datapoints: likely a fault, unless it reports only on events")
    return _("too few datapoints to judge: not “all clear”")
