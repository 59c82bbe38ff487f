"""The number of alarms in each state, in one line. Pure."""

from services.i18n import _
from services.models.alarms import AlarmOverview, AlarmState
from widgets.drawing.lines import Span
from widgets.drawing.state_styles import ALARM_STYLES

_ORDER = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)


def count_spans(overview: AlarmOverview) -> list[Span]:
    """`■ firing 1  ? no data 2  ● ok 4`; states without alarms are omitted, except firing and ok.

    Says so if it is unknown which of them are muted, and if alarms are missing from the list.
    """
    spans: list[Span] = []
    for state in _ORDER:
        count = overview.count(state)
        if not count and state in (AlarmState.MISSING, AlarmState.INSUFFICIENT):
            continue
        style, gap = ALARM_STYLES[state], [("  ", "")] if spans else []
        spans += [*gap, (f"{style.text} {count}", style.role if count else "muted")]
    if not overview.mutes_read:
        spans += [("  ", ""), (_("? mutes unknown"), "warn")]
    if overview.outdated:
        words = _("? not read again {count}").format(count=f"{len(overview.outdated):,}")
        spans += [("  ", ""), (words, "warn")]
    if overview.unlisted:
        spans += [("  ", ""), (_("? list incomplete"), "warn")]
    return spans
