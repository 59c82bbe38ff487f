"""How far an accepted change is, and how it ended. Pure."""

from datetime import datetime, tzinfo

from services.i18n import N_, _
from services.models import glyphs
from services.models.change_runs import Run, StepState
from services.models.watches import WatchState
from widgets.drawing.format import clock, stamp
from widgets.drawing.lines import Line, Span
from widgets.drawing.spans import hanging
from widgets.drawing.state_styles import StateStyle

WATCH_STYLES: dict[WatchState, StateStyle] = {
    WatchState.RUNNING: StateStyle(glyphs.RUNNING, N_("in progress"), "key"),
    WatchState.DONE: StateStyle(glyphs.DONE, N_("completed"), "good"),
    WatchState.WITHDRAWN: StateStyle(glyphs.OFF, N_("withdrawn"), "muted"),
    WatchState.FAILED: StateStyle(glyphs.ABNORMAL, N_("ended otherwise"), "bad"),
    WatchState.GAVE_UP: StateStyle(glyphs.NOT_JUDGED, N_("end not seen"), "warn"),
}


def watch_state(run: Run) -> WatchState | None:
    """What the run's watch has seen; None if it has none, or its requests are not done."""
    if run.plan.watch is None or run.state is not StepState.DONE:
        return None
    return run.progress.state if run.progress is not None else WatchState.RUNNING


def watch_span(run: Run, zone: tzinfo, now: datetime) -> Span | None:
    """`▶ in progress 45 %`, `○ begins 11-29(Sun) 02:00 JST`; None as `watch_state`."""
    state, watch = watch_state(run), run.plan.watch
    if state is None or watch is None:
        return None
    if state is WatchState.RUNNING and watch.begins_at is not None and now < watch.begins_at:
        text = _("begins {when}").format(when=stamp(watch.begins_at, zone, now))
        return (f"{glyphs.UPCOMING} {text}", "key")
    style = WATCH_STYLES[state]
    percent = run.progress.percent if run.progress is not None and state is WatchState.RUNNING else None
    return (style.text if percent is None else f"{style.text} {percent}%", style.role)


def watch_lines(run: Run, zone: tzinfo, now: datetime, width: int) -> list[Line]:
    """What AWS shows, since when, and when the watch gives up."""
    span, watch = watch_span(run, zone, now), run.plan.watch
    if span is None or watch is None:
        return []
    lines: list[Line] = [[span]]
    progress = run.progress
    if progress is not None:
        at = f"{clock(progress.at, zone, seconds=False)}  " if progress.at else ""
        lines += hanging([("  ", ""), (at, "muted")], progress.text, width)
    if run.watching:
        begins = watch.begins_at
        if begins is not None and begins > now:
            text = _("AWS begins {when}; it is followed from then on.").format(when=stamp(begins, zone, now))
            lines += hanging([("  ", "")], text, width)
        text = _("Followed until {end}, at most until {when}; another console continues it if this one ends.")
        text = text.format(end=watch.ends_when, when=stamp(watch.gives_up_at, zone, now))
        lines += hanging([("  ", "")], text, width, "muted")
    return lines
