from datetime import UTC, tzinfo

from textual.events import Click
from textual.message import Message
from textual.reactive import reactive

from services.i18n import _
from services.models import glyphs
from services.models.alarms import Alarm, AlarmOverview, AlarmState, AlarmTransition
from services.models.feeds import FeedState, Freshness
from widgets.alarms.acknowledgements import Seen, seen_spans
from widgets.alarms.alarm_wording import how_long
from widgets.drawing.format import ago, crop_middle
from widgets.drawing.lines import Line, LineWidget, Span, spread, width_of
from widgets.drawing.state_styles import ALARM_STYLES, unsure
from widgets.drawing.ticker import every_second
from widgets.frame.panel import Now
from widgets.incidents.incident_wording import IncidentAlert, alert_forms

_SHORT_NAME = 12  # Cells of an alarm's name that still tell which one it is


class AlarmStrip(LineWidget):
    """Counts on the left, the firing alarm or the newest change on the right; outdated data never looks normal."""

    DEFAULT_CSS = """
    AlarmStrip { height: 1; width: 1fr; }
    """

    state: reactive[FeedState[AlarmOverview]] = reactive(
        FeedState, repaint=False, always_update=True, init=False
    )
    transition: reactive[AlarmTransition | None] = reactive(None, repaint=False, init=False)
    """The newest change of state from the history, if it was read; otherwise the overview's."""
    zone: reactive[tzinfo] = reactive(UTC, repaint=False, init=False)
    acknowledged: reactive[Seen] = reactive(dict, repaint=False, init=False)
    """By the alarm's id."""
    incidents: reactive[tuple[IncidentAlert, ...]] = reactive((), repaint=False, init=False)
    """The open incidents: an overdue clock comes before the newest alarm."""

    class Clicked(Message):
        pass

    def __init__(self, now: Now, aws_now: Now | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = now
        self._aws_now = aws_now or now

    def on_mount(self) -> None:
        """Update the ages every second."""
        every_second(self, self.redraw)

    watch_state = watch_transition = watch_acknowledged = watch_incidents = LineWidget.redraw

    def on_click(self, event: Click) -> None:
        self.post_message(self.Clicked())

    def draw(self, width: int, height: int) -> list[Line]:
        overview = self.state.value
        freshness = self.state.freshness(self._now())
        if overview is None:
            return [[(" ", ""), *_absent(freshness)]]
        counts: list[Span] = [*self._stale(freshness), *_badge(overview, self.acknowledged)]
        stale = freshness is Freshness.STALE
        counts = unsure(counts) if stale else counts
        room = width - width_of(counts) - 3
        alerts = alert_forms(self.incidents, self._aws_now())
        alert = next((each for each in alerts if width_of(each) <= room), alerts[-1] if alerts else [])
        room -= width_of(alert)
        newest = overview.newest_firing or overview.newest
        is_told = bool(alert) and newest is not None and any(newest.name in text for text, _role in alert)
        forms = [] if is_told else self._newest(overview, room)
        news = next((each for each in forms if width_of(each) <= room), [])
        news = unsure(news) if stale else news
        return [
            spread([(" ", ""), *counts], [*news, *([(" ", "")] if news and alert else []), *alert], width)
        ]

    def _stale(self, freshness: Freshness) -> list[Span]:
        if freshness is not Freshness.STALE or self.state.fetched_at is None:
            return []
        words = _("stale, {age}", age=ago(self.state.age(self._now())))
        return [(f"{glyphs.ATTENTION} {words} ", "caution"), (" ", "")]

    def _newest(self, overview: AlarmOverview, room: int) -> list[list[Span]]:
        """The newest firing alarm, else the newest change, in several forms, longest first; the state is always a word."""
        newest = overview.newest_firing or overview.newest
        if newest is None:
            return []
        style = ALARM_STYLES[newest.state]
        fires = newest.state is AlarmState.ALARM
        lead: list[Span] = [(_("last change") + " ", "muted")] if newest == overview.newest else []
        role = "strong" if fires else ""
        mark = f" {glyphs.DONE}" if self.acknowledged.get(newest.id) else ""
        state: list[Span] = [(" ", ""), (style.text + mark, style.role)]
        long: Span = (" " + _("for {time}", time=how_long(newest, self._aws_now())), "muted")
        hint: list[Span] = [("  !", "key"), (" " + _("open it"), "muted")] if fires else []
        end: Span = (" ", "")
        name: Span = (newest.name, role)
        forms: list[list[Span]] = [
            [*lead, name, (" ", ""), *self._before(newest), *state[1:], long, *hint, end],
            [name, *state, long, *hint, end],
            [name, *state, long, end],
            [name, *state, end],
        ]
        rest = room - width_of([*state, end])
        return (
            [*forms, [(crop_middle(newest.name, rest), role), *state, end]] if rest >= _SHORT_NAME else forms
        )

    def _before(self, newest: Alarm) -> list[Span]:
        change = self.transition
        if (
            change is None
            or change.name != newest.name
            or change.after is not newest.state
            or not change.before
        ):
            return []
        return [(ALARM_STYLES[change.before].word + " → ", "muted")]


def _absent(freshness: Freshness) -> list[Span]:
    if freshness is Freshness.FAILED:
        return [(_("? Alarms could not be read: their state is unknown"), "bad")]
    return [(_("Alarms: reading…"), "muted")]


def _badge(overview: AlarmOverview, acknowledgements: Seen) -> list[Span]:
    if not overview.alarms and overview.is_whole:
        return [(_("? No alarms exist: this system is not monitored"), "warn")]
    spans = count_spans(overview)
    if any(alarm.id not in acknowledgements for alarm in overview.firing):
        text, _role = spans[0]
        spans[0] = (f" {text} ", "alert")
    return [*spans, *seen_spans(overview, acknowledgements)]


_ORDER = (AlarmState.ALARM, AlarmState.MISSING, AlarmState.INSUFFICIENT, AlarmState.OK)


def count_spans(overview: AlarmOverview) -> list[Span]:
    """`■ firing 1 ? no data 2 ● ok 4`; states without alarms are omitted, except firing and ok. Says so if it
    is unknown which of them are muted, and if alarms are missing from the list."""
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
        words = _("? not read again {count}", count=f"{len(overview.outdated):,}")
        spans += [("  ", ""), (words, "warn")]
    if overview.unlisted:
        spans += [("  ", ""), (_("? list incomplete"), "warn")]
    return spans
